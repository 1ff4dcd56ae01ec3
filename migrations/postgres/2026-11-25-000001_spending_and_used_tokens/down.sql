SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

DROP TABLE used_tokens;
DROP TABLE spend_reservations;
DROP TABLE spend_days;
