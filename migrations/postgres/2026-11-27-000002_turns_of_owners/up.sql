SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- A name in `requested_by` is its owner's own, and has turns of its own. Not concurrently, which cannot stand beside other
-- statements: it holds the tasks that wait. `tasks_of_sender`, which it takes the place of, goes a release later.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_of_requester ON tasks (priority, owner, requested_by, turn) WHERE state = 'queued';
