DROP TABLE store_secrets;
DROP TABLE search_counts;
DROP TABLE interactions;
DROP TABLE idempotency_records;
DROP TABLE scholarship_changes;
DROP TABLE scholarships;
