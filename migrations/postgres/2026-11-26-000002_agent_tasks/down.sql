SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

DROP TABLE task_notices;
DROP TABLE task_turns;
DROP TABLE tasks;
