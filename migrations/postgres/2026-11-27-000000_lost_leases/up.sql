SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- Leases that ran out since the task was queued; they are no attempts.
ALTER TABLE tasks ADD COLUMN lost bigint NOT NULL DEFAULT 0;
