-- How many tasks an owner has that wait or are worked at.
CREATE INDEX tasks_unfinished ON tasks (owner) WHERE finished_at IS NULL;

-- What operators look for among all that went well.
CREATE INDEX tasks_that_failed ON tasks (sequence) WHERE state IN ('failed', 'dead');
