-- One row for each write to the catalogue, in its transaction. Digests are those of `scholarships`.
CREATE TABLE audit_log (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    scholarship_id TEXT NOT NULL,
    digest_before BLOB CHECK (length(digest_before) = 32),
    digest_after BLOB CHECK (length(digest_after) = 32)
) STRICT;

CREATE INDEX audit_log_by_time ON audit_log (at, sequence);
CREATE INDEX audit_log_of_scholarship ON audit_log (scholarship_id, sequence);

CREATE TRIGGER audit_log_is_not_updated BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_is_not_deleted_from BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- `INSERT OR REPLACE` deletes without the trigger above.
CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
