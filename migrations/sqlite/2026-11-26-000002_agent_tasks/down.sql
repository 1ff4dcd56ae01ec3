DROP TABLE task_notices;
DROP TABLE tasks;
