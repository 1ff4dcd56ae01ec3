SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- `digest` is SHA-256 of a token's id, or the pseudonym of a subject.
CREATE TABLE revocations (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('token', 'subject')),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (kind, digest)
);

CREATE INDEX revocations_by_expiry ON revocations (expires_at);
