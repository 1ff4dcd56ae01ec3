SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

DROP TABLE store_secrets;
DROP TABLE search_counts;
DROP TABLE interactions;
DROP TABLE idempotency_records;
DROP TABLE change_feed;
DROP SEQUENCE scholarship_change_sequence;
DROP TABLE scholarship_changes;
DROP TABLE scholarships;
