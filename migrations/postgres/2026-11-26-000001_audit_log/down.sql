SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

DROP TABLE audit_log;
-- Only the table's trigger called it.
-- squawk-ignore ban-drop-function
DROP FUNCTION refuse_to_rewrite_history();
