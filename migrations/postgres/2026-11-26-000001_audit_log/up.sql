SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- One row for each write to the catalogue, in its transaction. Digests are those of `scholarships`.
CREATE TABLE audit_log (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text COLLATE "C",
    role text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    scholarship_id text COLLATE "C" NOT NULL,
    digest_before bytea CHECK (length(digest_before) = 32),
    digest_after bytea CHECK (length(digest_after) = 32)
);

CREATE INDEX audit_log_by_time ON audit_log (at, sequence);
CREATE INDEX audit_log_of_scholarship ON audit_log (scholarship_id, sequence);

CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
