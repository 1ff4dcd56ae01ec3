DROP INDEX tasks_that_failed;
DROP INDEX tasks_unfinished;
