SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- Not concurrently, which cannot stand beside other statements: the table holds the tasks of some days, so that new ones wait for
-- a moment only.

-- How many tasks an owner has that wait or are worked at.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_unfinished ON tasks (owner) WHERE finished_at IS NULL;

-- What operators look for among all that went well.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_that_failed ON tasks (sequence) WHERE state IN ('failed', 'dead');
