-- Every statement that this version sends to Postgres, and the columns that it knows. A test keeps this file true:
--   UPDATE_QUERIES=1 cargo test -p adapter-postgres releases
-- writes it anew. Another test prepares what the previous release has here on the present schema.
-- column audit_log.action
-- column audit_log.actor
-- column audit_log.at
-- column audit_log.digest_after
-- column audit_log.digest_before
-- column audit_log.role
-- column audit_log.scholarship_id
-- column audit_log.sequence
-- column change_feed.only_row
-- column change_feed.transaction_offset
-- column idempotency_records.expires_at
-- column idempotency_records.fingerprint
-- column idempotency_records.key
-- column idempotency_records.scholarship_id
-- column interactions.id
-- column interactions.kind
-- column interactions.occurred_at
-- column interactions.pseudonym
-- column interactions.recorded_at
-- column interactions.scholarship_id
-- column interactions.sequence
-- column revocations.digest
-- column revocations.expires_at
-- column revocations.kind
-- column revocations.revoked_at
-- column scholarship_changes.changed_at
-- column scholarship_changes.deleted
-- column scholarship_changes.scholarship_id
-- column scholarship_changes.sequence
-- column scholarship_changes.transaction
-- column scholarships.created_at
-- column scholarships.digest
-- column scholarships.document
-- column scholarships.id
-- column scholarships.source
-- column scholarships.source_id
-- column scholarships.updated_at
-- column scholarships.version
-- column search_counts.count
-- column search_counts.day
-- column search_counts.query
-- column search_counts.without_results
-- column spend_days.charged
-- column spend_days.day
-- column spend_reservations.amount
-- column spend_reservations.day
-- column spend_reservations.id
-- column store_secrets.name
-- column store_secrets.value
-- column task_notices.attempts
-- column task_notices.buried_at
-- column task_notices.created_at
-- column task_notices.delivery_error
-- column task_notices.due_at
-- column task_notices.error_code
-- column task_notices.error_details
-- column task_notices.error_message
-- column task_notices.execution_ms
-- column task_notices.kind
-- column task_notices.sequence
-- column task_notices.task
-- column task_notices.worker
-- column task_turns.priority
-- column task_turns.turn
-- column tasks.action
-- column tasks.attempts
-- column tasks.created_at
-- column tasks.digest
-- column tasks.error_code
-- column tasks.error_details
-- column tasks.error_message
-- column tasks.finished_at
-- column tasks.id
-- column tasks.lease_until
-- column tasks.lost
-- column tasks.not_before
-- column tasks.owner
-- column tasks.payload
-- column tasks.priority
-- column tasks.reply_to
-- column tasks.requested_by
-- column tasks.result
-- column tasks.retry
-- column tasks.sequence
-- column tasks.started_at
-- column tasks.state
-- column tasks.timeout_ms
-- column tasks.told
-- column tasks.trace_id
-- column tasks.turn
-- column tasks.worker
-- column used_tokens.expires_at
-- column used_tokens.purpose
-- column used_tokens.token

PREPARE q1 (text) AS
DELETE FROM "interactions" WHERE ("interactions"."pseudonym" = $1);

PREPARE q2 (text) AS
DELETE FROM "scholarships" WHERE ("scholarships"."id" = $1);

PREPARE q3 (bigint[]) AS
DELETE FROM "task_notices" WHERE ("task_notices"."sequence" = ANY($1)) RETURNING "task_notices"."task";

PREPARE q4 (bigint[], text[], text[]) AS
DELETE FROM interactions AS i USING unnest($1, $2, $3) AS kept (sequence, pseudonym, id) WHERE i.sequence = kept.sequence AND i.pseudonym = kept.pseudonym AND i.id = kept.id;

PREPARE q5 (timestamp with time zone) AS
DELETE FROM revocations WHERE (kind, digest) IN ( SELECT kind, digest FROM revocations WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED);

PREPARE q6 (date) AS
DELETE FROM spend_reservations WHERE day < $1 - 7;

PREPARE q7 (text, text, text, timestamp with time zone, timestamp with time zone) AS
INSERT INTO "idempotency_records" ("key", "fingerprint", "scholarship_id", "expires_at") VALUES ($1, $2, $3, $4) ON CONFLICT ("key") DO UPDATE SET "fingerprint" = excluded."fingerprint", "scholarship_id" = excluded."scholarship_id", "expires_at" = excluded."expires_at" WHERE ("idempotency_records"."expires_at" <= $5);

PREPARE q8 (text, text, text, bigint, timestamp with time zone, timestamp with time zone, bytea, text) AS
INSERT INTO "scholarships" ("id", "source", "source_id", "version", "created_at", "updated_at", "digest", "document") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING;

PREPARE q9 (text, bytea) AS
INSERT INTO "store_secrets" ("name", "value") VALUES ($1, $2) ON CONFLICT DO NOTHING;

PREPARE q10 (timestamp with time zone, text, text, text, text[], bytea[], bytea[]) AS
INSERT INTO audit_log (at, actor, role, action, scholarship_id, digest_before, digest_after) SELECT $1, $2, $3, $4, id, before, after FROM unnest($5, $6, $7) WITH ORDINALITY AS rows (id, before, after, place) ORDER BY place;

PREPARE q11 (text[], text[], text[], text[], timestamp with time zone[], timestamp with time zone[]) AS
INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) SELECT pseudonym, id, kind, scholarship_id, occurred_at, recorded_at FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS rows (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at, place) ORDER BY place ON CONFLICT (pseudonym, id) DO NOTHING RETURNING pseudonym, id;

PREPARE q12 (text, bytea, timestamp with time zone, timestamp with time zone) AS
INSERT INTO revocations AS known (kind, digest, revoked_at, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, digest) DO UPDATE SET revoked_at = greatest(known.revoked_at, EXCLUDED.revoked_at), expires_at = greatest(known.expires_at, EXCLUDED.expires_at);

PREPARE q13 (text[], bigint[], text[], text[], bytea[], text[], timestamp with time zone) AS
INSERT INTO scholarships (id, version, source, source_id, digest, document, created_at, updated_at) SELECT *, $7, $7 FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

PREPARE q14 (date, text[], bigint[], bigint[]) AS
INSERT INTO search_counts AS c (day, query, count, without_results) SELECT $1, query, count, without_results FROM unnest($2, $3, $4) AS n (query, count, without_results) ON CONFLICT (day, query) DO UPDATE SET count = c.count + EXCLUDED.count, without_results = c.without_results + EXCLUDED.without_results;

PREPARE q15 (bigint, bigint) AS
INSERT INTO task_turns AS front (priority, turn) VALUES ($1, $2) ON CONFLICT (priority) DO UPDATE SET turn = greatest(front.turn, EXCLUDED.turn);

PREPARE q16 (timestamp with time zone, bigint) AS
SELECT "audit_log"."sequence", "audit_log"."at", "audit_log"."actor", "audit_log"."role", "audit_log"."action", "audit_log"."scholarship_id", "audit_log"."digest_before", "audit_log"."digest_after" FROM "audit_log" WHERE ("audit_log"."at" >= $1) ORDER BY "audit_log"."at" DESC, "audit_log"."sequence" DESC LIMIT $2;

PREPARE q17 (timestamp with time zone, text, bigint) AS
SELECT "audit_log"."sequence", "audit_log"."at", "audit_log"."actor", "audit_log"."role", "audit_log"."action", "audit_log"."scholarship_id", "audit_log"."digest_before", "audit_log"."digest_after" FROM "audit_log" WHERE (("audit_log"."at" >= $1) AND ("audit_log"."scholarship_id" = $2)) ORDER BY "audit_log"."at" DESC, "audit_log"."sequence" DESC LIMIT $3;

PREPARE q18 (timestamp with time zone, bigint) AS
SELECT "idempotency_records"."key" FROM "idempotency_records" WHERE ("idempotency_records"."expires_at" <= $1) ORDER BY "idempotency_records"."expires_at" LIMIT $2 FOR UPDATE SKIP LOCKED;

PREPARE q19 (text, timestamp with time zone) AS
SELECT "idempotency_records"."key", "idempotency_records"."fingerprint", "idempotency_records"."scholarship_id", "idempotency_records"."expires_at" FROM "idempotency_records" WHERE (("idempotency_records"."key" = $1) AND ("idempotency_records"."expires_at" > $2));

PREPARE q20 (text, bigint) AS
SELECT "interactions"."pseudonym", "interactions"."id", "interactions"."kind", "interactions"."scholarship_id", "interactions"."occurred_at" FROM "interactions" WHERE ("interactions"."pseudonym" = $1) ORDER BY "interactions"."occurred_at" DESC, "interactions"."sequence" DESC LIMIT $2;

PREPARE q21 (timestamp with time zone, timestamp with time zone, bigint) AS
SELECT "interactions"."pseudonym", "interactions"."id", "interactions"."kind", "interactions"."scholarship_id", "interactions"."occurred_at" FROM "interactions" WHERE (("interactions"."occurred_at" >= $1) AND ("interactions"."occurred_at" < $2)) ORDER BY "interactions"."occurred_at" DESC, "interactions"."sequence" DESC LIMIT $3;

PREPARE q22 (timestamp with time zone, timestamp with time zone) AS
SELECT "interactions"."scholarship_id", "interactions"."kind", COUNT(*) FROM "interactions" WHERE (("interactions"."occurred_at" >= $1) AND ("interactions"."occurred_at" < $2)) GROUP BY "interactions"."scholarship_id", "interactions"."kind";

PREPARE q23 (timestamp with time zone, bigint) AS
SELECT "interactions"."sequence", "interactions"."recorded_at", "interactions"."pseudonym", "interactions"."id", "interactions"."kind", "interactions"."scholarship_id", "interactions"."occurred_at" FROM "interactions" WHERE ("interactions"."occurred_at" < $1) ORDER BY "interactions"."occurred_at", "interactions"."sequence" LIMIT $2;

PREPARE q24 (timestamp with time zone, timestamp with time zone, bigint, bigint) AS
SELECT "interactions"."sequence", "interactions"."recorded_at", "interactions"."pseudonym", "interactions"."id", "interactions"."kind", "interactions"."scholarship_id", "interactions"."occurred_at" FROM "interactions" WHERE (("interactions"."occurred_at" < $1) AND (interactions.occurred_at, interactions.sequence) > ($2, $3)) ORDER BY "interactions"."occurred_at", "interactions"."sequence" LIMIT $4;

PREPARE q25 (timestamp with time zone) AS
SELECT "revocations"."kind", "revocations"."digest", "revocations"."revoked_at", "revocations"."expires_at" FROM "revocations" WHERE ("revocations"."expires_at" > $1);

PREPARE q26 (timestamp with time zone, text, bigint) AS
SELECT "scholarship_changes"."transaction", "scholarship_changes"."sequence", "scholarship_changes"."scholarship_id", "scholarship_changes"."changed_at", "scholarships"."id", "scholarships"."version", "scholarships"."created_at", "scholarships"."updated_at", "scholarships"."document" FROM ("scholarship_changes" LEFT OUTER JOIN "scholarships" ON ("scholarships"."id" = "scholarship_changes"."scholarship_id")) WHERE (("scholarship_changes"."changed_at" >= $1) AND ("scholarship_changes"."scholarship_id" > $2)) ORDER BY "scholarship_changes"."scholarship_id" LIMIT $3;

PREPARE q27 (bigint, bigint, bigint) AS
SELECT "scholarship_changes"."transaction", "scholarship_changes"."sequence", "scholarship_changes"."scholarship_id", "scholarship_changes"."changed_at", "scholarships"."id", "scholarships"."version", "scholarships"."created_at", "scholarships"."updated_at", "scholarships"."document" FROM ("scholarship_changes" LEFT OUTER JOIN "scholarships" ON ("scholarships"."id" = "scholarship_changes"."scholarship_id")) WHERE ((scholarship_changes.transaction, scholarship_changes.sequence) > ($1, $2) AND scholarship_changes.transaction < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed))) ORDER BY "scholarship_changes"."transaction", "scholarship_changes"."sequence" LIMIT $3;

PREPARE q28 (text) AS
SELECT "scholarships"."id" FROM "scholarships" WHERE ("scholarships"."id" = $1);

PREPARE q29 (text, text) AS
SELECT "scholarships"."id" FROM "scholarships" WHERE (("scholarships"."source" = $1) AND ("scholarships"."source_id" = $2));

PREPARE q30 (text) AS
SELECT "scholarships"."id", "scholarships"."version", "scholarships"."created_at", "scholarships"."updated_at", "scholarships"."document" FROM "scholarships" WHERE ("scholarships"."id" = $1);

PREPARE q31 (text, bigint) AS
SELECT "scholarships"."id", "scholarships"."version", "scholarships"."created_at", "scholarships"."updated_at", "scholarships"."document" FROM "scholarships" WHERE ("scholarships"."id" > $1) ORDER BY "scholarships"."id" LIMIT $2;

PREPARE q32 (text) AS
SELECT "scholarships"."version", "scholarships"."created_at", "scholarships"."digest" FROM "scholarships" WHERE ("scholarships"."id" = $1) FOR UPDATE;

PREPARE q33 (text) AS
SELECT "store_secrets"."value" FROM "store_secrets" WHERE ("store_secrets"."name" = $1);

PREPARE q34 (bigint, bigint) AS
SELECT "task_notices"."sequence", "task_notices"."kind", "task_notices"."created_at", "task_notices"."attempts", "task_notices"."delivery_error", "task_notices"."buried_at", "tasks"."id", "tasks"."reply_to" FROM ("task_notices" INNER JOIN "tasks" ON ("tasks"."sequence" = "task_notices"."task")) WHERE (("task_notices"."buried_at" IS NOT NULL) AND ("task_notices"."sequence" < $1)) ORDER BY "task_notices"."sequence" DESC LIMIT $2;

PREPARE q35 (bigint[]) AS
SELECT "task_notices"."sequence", "task_notices"."kind", "task_notices"."error_code", "task_notices"."error_message", "task_notices"."error_details", "task_notices"."execution_ms", "task_notices"."created_at", "task_notices"."attempts", "tasks"."id", "tasks"."reply_to", "tasks"."trace_id", "tasks"."result" FROM ("task_notices" INNER JOIN "tasks" ON ("tasks"."sequence" = "task_notices"."task")) WHERE ("task_notices"."sequence" = ANY($1));

PREPARE q36 (text) AS
SELECT "tasks"."digest", "tasks"."sequence", "tasks"."turn", "tasks"."id", "tasks"."action", "tasks"."payload", "tasks"."reply_to", "tasks"."trace_id", "tasks"."owner", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost", "tasks"."result" FROM "tasks" WHERE ("tasks"."id" = $1);

PREPARE q37 (bigint) AS
SELECT "tasks"."priority", "tasks"."owner", "tasks"."requested_by" FROM "tasks" WHERE ("tasks"."sequence" = $1);

PREPARE q38 (bigint) AS
SELECT "tasks"."sequence", "tasks"."id", "tasks"."action", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost" FROM "tasks" ORDER BY "tasks"."sequence" DESC LIMIT $1;

PREPARE q39 (text, bigint) AS
SELECT "tasks"."sequence", "tasks"."id", "tasks"."action", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost" FROM "tasks" WHERE (("tasks"."state" = $1) AND tasks.state IN ('failed', 'dead')) ORDER BY "tasks"."sequence" DESC LIMIT $2;

PREPARE q40 (bigint, text, text, text, bigint) AS
SELECT "tasks"."sequence", "tasks"."id", "tasks"."action", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost" FROM "tasks" WHERE (((("tasks"."sequence" < $1) AND ("tasks"."state" = $2)) AND ("tasks"."action" = $3)) AND ("tasks"."requested_by" = $4)) ORDER BY "tasks"."sequence" DESC LIMIT $5;

PREPARE q41 (text) AS
SELECT "tasks"."sequence", "tasks"."reply_to", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost" FROM "tasks" WHERE ("tasks"."id" = $1) FOR UPDATE;

PREPARE q42 (timestamp with time zone, bigint) AS
SELECT "tasks"."sequence", "tasks"."reply_to", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost" FROM "tasks" WHERE (tasks.state = 'running' AND ("tasks"."lease_until" <= $1)) ORDER BY "tasks"."lease_until" LIMIT $2 FOR UPDATE SKIP LOCKED;

PREPARE q43 (text) AS
SELECT "tasks"."sequence", "tasks"."turn", "tasks"."id", "tasks"."action", "tasks"."payload", "tasks"."reply_to", "tasks"."trace_id", "tasks"."owner", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost", "tasks"."result" FROM "tasks" WHERE ("tasks"."id" = $1);

PREPARE q44 (timestamp with time zone, bigint) AS
SELECT "tasks"."sequence", "tasks"."turn", "tasks"."id", "tasks"."action", "tasks"."payload", "tasks"."reply_to", "tasks"."trace_id", "tasks"."owner", "tasks"."requested_by", "tasks"."priority", "tasks"."timeout_ms", "tasks"."retry", "tasks"."state", "tasks"."attempts", "tasks"."created_at", "tasks"."not_before", "tasks"."worker", "tasks"."lease_until", "tasks"."started_at", "tasks"."finished_at", "tasks"."error_code", "tasks"."error_message", "tasks"."error_details", "tasks"."told", "tasks"."lost", "tasks"."result" FROM "tasks" WHERE (tasks.state = 'queued' AND ("tasks"."not_before" <= $1)) ORDER BY "tasks"."priority" DESC, "tasks"."turn", "tasks"."sequence" LIMIT $2 FOR UPDATE SKIP LOCKED;

PREPARE q45 AS
SELECT (SELECT max(transaction) FROM scholarship_changes) AS transaction, (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed)) AS settled_below;

PREPARE q46 AS
SELECT COUNT(*) FROM "scholarships";

PREPARE q47 AS
SELECT EXISTS (SELECT FROM scholarship_changes WHERE transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed)) AS yes;

PREPARE q48 (date) AS
SELECT charged FROM spend_days WHERE day = $1;

PREPARE q49 AS
SELECT coalesce(string_agg(needed || ' on ' || name, ', ' ORDER BY name, needed), '') AS missing FROM ( SELECT name, needed FROM unnest(ARRAY[ 'scholarships', 'scholarship_changes', 'change_feed', 'idempotency_records', 'interactions', 'search_counts', 'store_secrets', 'used_tokens', 'spend_days', 'spend_reservations', 'revocations', 'audit_log', 'tasks', 'task_notices', 'task_turns' ]) AS name, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS needed WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(name, needed) AND (needed IN ('SELECT', 'INSERT') OR name IN ('scholarships', 'scholarship_changes', 'idempotency_records', 'spend_days', 'spend_reservations', 'tasks', 'task_notices') OR (needed = 'UPDATE' AND name = 'task_turns')) AND (needed = 'SELECT' OR name <> 'change_feed') UNION ALL SELECT name, 'USAGE' FROM unnest(ARRAY['scholarship_change_sequence', 'audit_log_sequence_seq', 'tasks_sequence_seq', 'task_notices_sequence_seq']) AS name WHERE to_regclass(name) IS NOT NULL AND NOT has_sequence_privilege(name, 'USAGE') ) AS rights;

PREPARE q50 (bigint, text, text) AS
SELECT greatest((SELECT max(own.turn) + 1 FROM tasks AS own WHERE own.state = 'queued' AND own.priority = $1 AND own.owner = $2 AND own.requested_by = $3), (SELECT front.turn FROM task_turns AS front WHERE front.priority = $1), 0) AS turn;

PREPARE q51 (text[], text[], text[]) AS
SELECT id, source, source_id, version, digest FROM scholarships WHERE id IN (SELECT unnest($1)) UNION SELECT s.id, s.source, s.source_id, s.version, s.digest FROM scholarships AS s JOIN (SELECT DISTINCT * FROM unnest($2, $3) AS origins (source, source_id)) AS o ON s.source = o.source AND s.source_id = o.source_id;

PREPARE q52 (bigint) AS
SELECT pg_try_advisory_xact_lock($1) AS yes;

PREPARE q53 (bytea, bytea) AS
SELECT purpose = $2 AS same FROM used_tokens WHERE token = $1;

PREPARE q54 (date, date, bigint) AS
SELECT query, sum(count)::bigint AS total, sum(without_results)::bigint AS missed FROM search_counts WHERE day BETWEEN $1 AND $2 GROUP BY query ORDER BY total DESC, query LIMIT $3;

PREPARE q55 (bigint[]) AS
SELECT sequence FROM task_notices AS notice WHERE sequence = ANY ($1) AND 0 < ( SELECT count(*) FILTER (WHERE older.buried_at IS NULL) FROM task_notices AS older WHERE older.task = notice.task AND older.sequence < notice.sequence);

PREPARE q56 (timestamp with time zone, bigint) AS
SELECT sequence FROM task_notices WHERE buried_at IS NULL AND due_at <= $1 ORDER BY due_at, sequence LIMIT $2 FOR UPDATE SKIP LOCKED;

PREPARE q57 (bigint[]) AS
SELECT sequence FROM tasks WHERE sequence = ANY ($1) ORDER BY id FOR NO KEY UPDATE;

PREPARE q58 AS
SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_there, (SELECT coalesce(bool_and(has_table_privilege(needed, 'SELECT')), true) FROM unnest(ARRAY[to_regclass('__diesel_schema_migrations'), to_regclass('scholarship_changes'), to_regclass('change_feed')]) AS needed WHERE needed IS NOT NULL) AS is_readable;

PREPARE q59 AS
SELECT transaction, sequence FROM scholarship_changes WHERE transaction < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed)) ORDER BY transaction DESC, sequence DESC LIMIT 1;

PREPARE q60 AS
SELECT version FROM __diesel_schema_migrations ORDER BY version DESC;

PREPARE q61 (text, text, bigint, timestamp with time zone, bytea, text, text) AS
UPDATE "scholarships" SET "source" = $1, "source_id" = $2, "version" = $3, "updated_at" = $4, "digest" = $5, "document" = $6 WHERE ("scholarships"."id" = $7);

PREPARE q62 (timestamp with time zone, timestamp with time zone, bigint, bigint, text) AS
UPDATE "task_notices" SET "buried_at" = $1, "due_at" = $2, "attempts" = $3 WHERE ((("task_notices"."sequence" = $4) AND ("task_notices"."task" = ANY(SELECT "tasks"."sequence" FROM "tasks" WHERE ("tasks"."id" = $5)))) AND ("task_notices"."buried_at" IS NOT NULL));

PREPARE q63 (timestamp with time zone, text) AS
UPDATE "task_notices" SET "due_at" = $1 WHERE (("task_notices"."worker" = $2) AND ("task_notices"."buried_at" IS NULL)) RETURNING "task_notices"."sequence";

PREPARE q64 (text, timestamp with time zone, bigint, bigint[]) AS
UPDATE "task_notices" SET "worker" = $1, "due_at" = $2, "attempts" = ("task_notices"."attempts" + $3) WHERE ("task_notices"."sequence" = ANY($4));

PREPARE q65 (text, timestamp with time zone, text, timestamp with time zone, bigint, text) AS
UPDATE "task_notices" SET "worker" = $1, "due_at" = $2, "delivery_error" = $3, "buried_at" = $4 WHERE (("task_notices"."sequence" = $5) AND ("task_notices"."worker" = $6)) RETURNING "task_notices"."task";

PREPARE q66 (timestamp with time zone, text, text) AS
UPDATE "tasks" SET "lease_until" = $1 WHERE ((("tasks"."id" = $2) AND ("tasks"."worker" = $3)) AND tasks.state = 'running');

PREPARE q67 (bigint, bigint) AS
UPDATE "tasks" SET "turn" = $1 WHERE ("tasks"."sequence" = $2);

PREPARE q68 (text[], bigint[], text[], text[], bytea[], text[], timestamp with time zone, bigint[]) AS
UPDATE scholarships AS s SET version = n.version, source = n.source, source_id = n.source_id, digest = n.digest, document = n.document, updated_at = $7 FROM unnest($1, $2, $3, $4, $5, $6, $8) AS n (id, version, source, source_id, digest, document, old_version) WHERE s.id = n.id AND s.version = n.old_version;

PREPARE q69 (bigint[]) AS
UPDATE task_notices AS next SET due_at = created_at WHERE next.worker IS NULL AND next.sequence = ANY (ARRAY( SELECT (SELECT min(waiting.sequence) FILTER (WHERE waiting.buried_at IS NULL) FROM task_notices AS waiting WHERE waiting.task = told.task) FROM unnest($1) AS told (task)));

PREPARE q70 (bigint[], text, timestamp with time zone) AS
UPDATE task_notices AS next SET worker = $2, due_at = $3, attempts = attempts + 1 WHERE next.worker IS NULL AND next.sequence = ANY (ARRAY( SELECT (SELECT min(waiting.sequence) FILTER (WHERE waiting.buried_at IS NULL) FROM task_notices AS waiting WHERE waiting.task = told.task) FROM unnest($1) AS told (task))) RETURNING next.sequence;

PREPARE q71 (date, bigint, bigint, text) AS
WITH charged AS ( INSERT INTO spend_days AS spend (day, charged) SELECT $1, $2 WHERE $2 <= $3 ON CONFLICT (day) DO UPDATE SET charged = spend.charged + EXCLUDED.charged WHERE spend.charged::numeric + EXCLUDED.charged <= $3 RETURNING charged), opened AS (INSERT INTO spend_reservations (id, day, amount) SELECT $4::uuid, $1, $2 FROM charged) SELECT charged FROM charged;

PREPARE q72 (text, bytea, text, text, text, text, text, text, bigint, bigint, bigint, text, text, timestamp with time zone) AS
WITH given (id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, retry, state, told, now) AS ( VALUES ($1::text, $2::bytea, $3::text, $4::text, $5::text, $6::text, $7::text COLLATE "C", $8::text COLLATE "C", $9::bigint, $10::bigint, $11::bigint, $12::text, $13::text, $14::timestamptz)), task AS ( INSERT INTO tasks (id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, retry, state, told, created_at, not_before, attempts, turn) SELECT id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, retry, state, told, now, now, 0, greatest((SELECT max(own.turn) + 1 FROM tasks AS own WHERE own.state = 'queued' AND own.priority = given.priority AND own.owner = given.owner AND own.requested_by = given.requested_by), (SELECT front.turn FROM task_turns AS front WHERE front.priority = given.priority), 0) FROM given ON CONFLICT (id) DO NOTHING RETURNING sequence, reply_to, created_at, told), notice AS ( INSERT INTO task_notices (task, kind, created_at, due_at) SELECT sequence, told, created_at, created_at FROM task WHERE reply_to IS NOT NULL) SELECT 1 FROM task;

PREPARE q73 (bytea, bytea, timestamp with time zone) AS
WITH given (token, purpose, expires_at) AS (VALUES ($1::bytea, $2::bytea, $3::timestamptz)), old AS ( SELECT used.token FROM used_tokens AS used, given WHERE used.expires_at < now() - interval '1 hour' AND used.token <> given.token ORDER BY used.expires_at LIMIT 4 FOR UPDATE OF used SKIP LOCKED), cleared AS (DELETE FROM used_tokens WHERE token IN (SELECT token FROM old)) INSERT INTO used_tokens AS used (token, purpose, expires_at) SELECT * FROM given ON CONFLICT (token) DO UPDATE SET purpose = EXCLUDED.purpose, expires_at = EXCLUDED.expires_at WHERE used.expires_at < now() - interval '1 hour';

PREPARE q74 (text[], boolean[], timestamp with time zone) AS
WITH logged AS ( INSERT INTO scholarship_changes AS log (scholarship_id, transaction, sequence, deleted, changed_at) SELECT id, pg_current_xact_id()::text::bigint + (SELECT transaction_offset FROM change_feed), nextval('scholarship_change_sequence'), deleted, $3 FROM (SELECT * FROM unnest($1, $2) WITH ORDINALITY AS entries (id, deleted, place) ORDER BY place) AS entries ON CONFLICT (scholarship_id) DO UPDATE SET transaction = greatest(log.transaction, EXCLUDED.transaction), sequence = EXCLUDED.sequence, deleted = EXCLUDED.deleted, changed_at = EXCLUDED.changed_at RETURNING log.transaction, log.sequence) SELECT transaction, sequence FROM logged, pg_notify('scholarship_changes', '') ORDER BY transaction DESC, sequence DESC LIMIT 1;

PREPARE q75 (bigint) AS
WITH newest AS (
    SELECT DISTINCT ON (scholarship_id) scholarship_id, digest_after
    FROM audit_log ORDER BY scholarship_id, sequence DESC
)
SELECT coalesce(scholarships.id, newest.scholarship_id) AS id
FROM scholarships FULL JOIN newest ON newest.scholarship_id = scholarships.id
WHERE scholarships.digest IS DISTINCT FROM newest.digest_after
  AND (newest.scholarship_id IS NOT NULL
       OR scholarships.updated_at >= (SELECT min(at) FROM audit_log))
ORDER BY 1 LIMIT $1;

PREPARE q76 AS
WITH newest AS (SELECT transaction, sequence, transaction < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed)) AS settled FROM scholarship_changes ORDER BY transaction DESC, sequence DESC LIMIT 1), sums AS (SELECT count(*) AS count, coalesce(sum(('x' || encode(substring(sha256(convert_to( id || ':' || version || ':' || (extract(epoch FROM updated_at) * 1000000)::bigint, 'UTF8')) FROM 1 FOR 8), 'hex'))::bit(64)::bigint), 0) AS sum FROM scholarships) SELECT count, mod(mod(sum, 18446744073709551616) + 18446744073709551616, 18446744073709551616)::text AS sum, transaction, sequence, coalesce(settled, true) AS settled FROM sums LEFT JOIN newest ON true;

PREPARE q77 (timestamp with time zone, bigint) AS
WITH old AS ( SELECT sequence FROM tasks WHERE finished_at < $1 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED) DELETE FROM tasks WHERE sequence IN (SELECT sequence FROM old);

PREPARE q78 (text, bigint, timestamp with time zone, timestamp with time zone, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, text, text, text, text, bigint, text, bigint, bigint, timestamp with time zone, boolean) AS
WITH saved AS ( UPDATE tasks SET state = $1, attempts = $2, created_at = $3, not_before = $4, worker = $5, lease_until = $6, started_at = $7, finished_at = $8, error_code = $9, error_message = $10, error_details = $11, told = $12, lost = $13, result = coalesce($14, result) WHERE sequence = $15 RETURNING sequence, told, error_code, error_message, error_details) INSERT INTO task_notices (task, kind, error_code, error_message, error_details, execution_ms, created_at, due_at) SELECT sequence, told, error_code, error_message, error_details, news.took, news.now, CASE (SELECT count(*) FILTER (WHERE older.buried_at IS NULL) FROM task_notices AS older WHERE older.task = saved.sequence) WHEN 0 THEN news.now ELSE news.now + interval '1 minute' END FROM saved, (VALUES ($16::bigint, $17::timestamptz, $18::boolean)) AS news (took, now, is_told) WHERE news.is_told;

PREPARE q79 (text, date, bigint) AS
WITH settled AS ( DELETE FROM spend_reservations WHERE id = $1::uuid AND day = $2 RETURNING amount) UPDATE spend_days SET charged = least(charged::numeric - settled.amount + $3, 9223372036854775807)::bigint FROM settled WHERE day = $2;
