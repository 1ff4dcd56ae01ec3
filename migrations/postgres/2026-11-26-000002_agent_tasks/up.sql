SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- `digest` is that of what the sender sent. Tasks of one priority go by `turn`: each sender has one in each turn. A task has
-- a worker and a lease while it runs, and an instant of its end when it has ended. `told` is its newest notice.
CREATE TABLE tasks (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    action text COLLATE "C" NOT NULL,
    payload text NOT NULL,
    reply_to text COLLATE "C",
    trace_id text COLLATE "C",
    owner text COLLATE "C" NOT NULL,
    requested_by text COLLATE "C" NOT NULL,
    priority bigint NOT NULL,
    timeout_ms bigint NOT NULL,
    retry bigint NOT NULL,
    turn bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    attempts bigint NOT NULL,
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    worker text COLLATE "C",
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    error_code text COLLATE "C",
    error_message text,
    error_details text,
    told text COLLATE "C" NOT NULL,
    result text
);

CREATE UNIQUE INDEX tasks_once ON tasks (id);
CREATE INDEX tasks_that_wait ON tasks (priority DESC, turn, sequence) WHERE state = 'queued';
CREATE INDEX tasks_of_sender ON tasks (priority, requested_by, turn) WHERE state = 'queued';
CREATE INDEX tasks_that_run ON tasks (lease_until) WHERE state = 'running';
CREATE INDEX tasks_by_end ON tasks (finished_at) WHERE finished_at IS NOT NULL;

-- The turn after the highest one that was ever worked at, by priority: who comes new begins there.
CREATE TABLE task_turns (
    priority bigint PRIMARY KEY,
    turn bigint NOT NULL
);

-- What senders are still to be told. `due_at` is also when the lease of a worker runs out.
CREATE TABLE task_notices (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task bigint NOT NULL REFERENCES tasks (sequence) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL,
    error_code text COLLATE "C",
    error_message text,
    error_details text,
    execution_ms bigint,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    worker text COLLATE "C",
    attempts bigint NOT NULL DEFAULT 0,
    delivery_error text,
    buried_at timestamptz
);

CREATE INDEX task_notices_of_task ON task_notices (task, sequence);
CREATE INDEX task_notices_by_time ON task_notices (due_at, sequence) WHERE buried_at IS NULL;
