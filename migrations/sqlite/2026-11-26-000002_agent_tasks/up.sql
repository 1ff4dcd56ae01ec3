-- `digest` is that of what the sender sent. Tasks of one priority go by `turn`: each sender has one in each turn. A task has
-- a worker and a lease while it runs, and an instant of its end when it has ended. `told` is its newest notice.
CREATE TABLE tasks (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    reply_to TEXT,
    trace_id TEXT,
    owner TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    priority INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    retry INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    worker TEXT,
    lease_until INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    error_code TEXT,
    error_message TEXT,
    error_details TEXT,
    told TEXT NOT NULL,
    result TEXT
) STRICT;

CREATE UNIQUE INDEX tasks_once ON tasks (id);
CREATE INDEX tasks_that_wait ON tasks (priority DESC, turn, sequence) WHERE state = 'queued';
CREATE INDEX tasks_of_sender ON tasks (priority, requested_by, turn) WHERE state = 'queued';
CREATE INDEX tasks_that_run ON tasks (lease_until) WHERE state = 'running';
CREATE INDEX tasks_by_end ON tasks (finished_at) WHERE finished_at IS NOT NULL;

-- What senders are still to be told. `due_at` is also when the lease of a worker runs out.
CREATE TABLE task_notices (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES tasks (sequence) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_details TEXT,
    execution_ms INTEGER,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    worker TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivery_error TEXT,
    buried_at INTEGER
) STRICT;

CREATE INDEX task_notices_of_task ON task_notices (task, sequence);
CREATE INDEX task_notices_by_time ON task_notices (due_at, sequence) WHERE buried_at IS NULL;
