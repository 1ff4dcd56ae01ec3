-- A name in `requested_by` is its owner's own, and has turns of its own.
CREATE INDEX tasks_of_requester ON tasks (priority, owner, requested_by, turn) WHERE state = 'queued';
DROP INDEX tasks_of_sender;
