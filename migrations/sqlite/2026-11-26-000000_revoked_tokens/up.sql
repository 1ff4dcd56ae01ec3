-- `digest` is SHA-256 of a token's id, or the pseudonym of a subject.
CREATE TABLE revocations (
    kind TEXT NOT NULL CHECK (kind IN ('token', 'subject')),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_by_expiry ON revocations (expires_at);
