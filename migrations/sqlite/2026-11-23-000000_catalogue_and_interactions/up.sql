-- Instants are microseconds since 1970 in UTC. `document` is the content as JSON; the columns beside it hold what the store adds.
CREATE TABLE scholarships (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT,
    source_id TEXT,
    version INTEGER NOT NULL CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    document TEXT NOT NULL
) STRICT;

-- Null differs from null in an index, so half an origin is never taken.
CREATE UNIQUE INDEX scholarships_of_origin ON scholarships (source, source_id);

-- One row per id that ever existed: its newest change. AUTOINCREMENT, so that a sequence number is never given twice.
CREATE TABLE scholarship_changes (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    scholarship_id TEXT NOT NULL UNIQUE,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_records (
    key TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    scholarship_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

CREATE TABLE interactions (
    sequence INTEGER NOT NULL PRIMARY KEY,
    pseudonym TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    scholarship_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (pseudonym, id)
) STRICT;

CREATE INDEX interactions_of_pseudonym ON interactions (pseudonym, occurred_at);
-- Holds all that counting needs, so that counting never touches the table.
CREATE INDEX interactions_by_instant ON interactions (occurred_at, scholarship_id, kind);

CREATE TABLE search_counts (
    day TEXT NOT NULL,
    query TEXT NOT NULL,
    count INTEGER NOT NULL,
    without_results INTEGER NOT NULL,
    PRIMARY KEY (day, query)
) STRICT, WITHOUT ROWID;

CREATE TABLE store_secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
