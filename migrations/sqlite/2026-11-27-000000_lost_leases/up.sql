-- Leases that ran out since the task was queued; they are no attempts.
ALTER TABLE tasks ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
