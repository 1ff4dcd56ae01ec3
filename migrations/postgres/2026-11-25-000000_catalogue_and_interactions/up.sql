-- A step that must wait for others gives up soon: what waits for a lock on a table holds up everybody behind it.
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- Keys compare by their bytes, whatever the database's collation is. `document` is the content as JSON; the columns beside
-- it hold what the store adds.
CREATE TABLE scholarships (
    id text COLLATE "C" PRIMARY KEY,
    source text COLLATE "C",
    source_id text COLLATE "C",
    version bigint NOT NULL CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    document text NOT NULL
);

-- Null differs from null in an index, so half an origin is never taken.
CREATE UNIQUE INDEX scholarships_of_origin ON scholarships (source, source_id);

-- One row per id that ever existed: its newest change. `transaction` is the number of the transaction that wrote it, plus
-- `change_feed.transaction_offset`: readers take what lies below every transaction that still runs.
CREATE TABLE scholarship_changes (
    scholarship_id text COLLATE "C" PRIMARY KEY,
    transaction bigint NOT NULL,
    sequence bigint NOT NULL,
    deleted boolean NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE INDEX scholarship_changes_in_order ON scholarship_changes (transaction, sequence);

CREATE SEQUENCE scholarship_change_sequence AS bigint;

-- A database that was restored into another cluster meets lower transaction numbers there: raising the offset keeps the
-- log's order. Always exactly one row.
CREATE TABLE change_feed (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    transaction_offset bigint NOT NULL DEFAULT 0 CHECK (transaction_offset >= 0)
);

INSERT INTO change_feed DEFAULT VALUES;

CREATE TABLE idempotency_records (
    key text COLLATE "C" PRIMARY KEY,
    fingerprint text NOT NULL,
    scholarship_id text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

CREATE TABLE interactions (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pseudonym text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    scholarship_id text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX interactions_once ON interactions (pseudonym, id);

CREATE INDEX interactions_of_pseudonym ON interactions (pseudonym, occurred_at);

-- Holds all that counting needs, so that counting seldom touches the table.
CREATE INDEX interactions_by_instant ON interactions (occurred_at, scholarship_id, kind);

CREATE TABLE search_counts (
    day date NOT NULL,
    query text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    without_results bigint NOT NULL,
    PRIMARY KEY (day, query)
);

CREATE TABLE store_secrets (
    name text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
