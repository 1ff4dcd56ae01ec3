//! The tables as Diesel sees them; `migrations/postgres` makes them.

diesel::table! {
    scholarships (id) {
        id -> Text,
        source -> Nullable<Text>,
        source_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        digest -> Binary,
        document -> Text,
    }
}

diesel::table! {
    scholarship_changes (scholarship_id) {
        scholarship_id -> Text,
        transaction -> BigInt,
        sequence -> BigInt,
        deleted -> Bool,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_records (key) {
        key -> Text,
        fingerprint -> Text,
        scholarship_id -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    interactions (sequence) {
        sequence -> BigInt,
        pseudonym -> Text,
        id -> Text,
        kind -> Text,
        scholarship_id -> Text,
        occurred_at -> Timestamptz,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    search_counts (day, query) {
        day -> Date,
        query -> Text,
        count -> BigInt,
        without_results -> BigInt,
    }
}

diesel::table! {
    store_secrets (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    change_feed (only_row) {
        only_row -> Bool,
        transaction_offset -> BigInt,
    }
}

diesel::table! {
    spend_days (day) {
        day -> Date,
        charged -> BigInt,
    }
}

diesel::table! {
    spend_reservations (id) {
        id -> Uuid,
        day -> Date,
        amount -> BigInt,
    }
}

diesel::table! {
    used_tokens (token) {
        token -> Binary,
        purpose -> Binary,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    revocations (kind, digest) {
        kind -> Text,
        digest -> Binary,
        revoked_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    audit_log (sequence) {
        sequence -> BigInt,
        at -> Timestamptz,
        actor -> Nullable<Text>,
        role -> Text,
        action -> Text,
        scholarship_id -> Text,
        digest_before -> Nullable<Binary>,
        digest_after -> Nullable<Binary>,
    }
}

diesel::table! {
    tasks (sequence) {
        sequence -> BigInt,
        id -> Text,
        digest -> Binary,
        action -> Text,
        payload -> Text,
        reply_to -> Nullable<Text>,
        trace_id -> Nullable<Text>,
        owner -> Text,
        requested_by -> Text,
        priority -> BigInt,
        timeout_ms -> BigInt,
        retry -> BigInt,
        turn -> BigInt,
        state -> Text,
        attempts -> BigInt,
        created_at -> Timestamptz,
        not_before -> Timestamptz,
        worker -> Nullable<Text>,
        lease_until -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        error_details -> Nullable<Text>,
        told -> Text,
        result -> Nullable<Text>,
        lost -> BigInt,
    }
}

diesel::table! {
    task_notices (sequence) {
        sequence -> BigInt,
        task -> BigInt,
        kind -> Text,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        error_details -> Nullable<Text>,
        execution_ms -> Nullable<BigInt>,
        created_at -> Timestamptz,
        due_at -> Timestamptz,
        worker -> Nullable<Text>,
        attempts -> BigInt,
        delivery_error -> Nullable<Text>,
        buried_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    task_turns (priority) {
        priority -> BigInt,
        turn -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(scholarships, scholarship_changes);
diesel::allow_tables_to_appear_in_same_query!(tasks, task_notices);
