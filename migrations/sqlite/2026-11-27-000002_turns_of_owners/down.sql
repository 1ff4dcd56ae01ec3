CREATE INDEX tasks_of_sender ON tasks (priority, requested_by, turn) WHERE state = 'queued';
DROP INDEX tasks_of_requester;
