//! The tables as Diesel sees them; `migrations/sqlite` makes them.

diesel::table! {
    scholarships (id) {
        id -> Text,
        source -> Nullable<Text>,
        source_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        digest -> Binary,
        document -> Text,
    }
}

diesel::table! {
    scholarship_changes (sequence) {
        sequence -> BigInt,
        scholarship_id -> Text,
        deleted -> Bool,
        changed_at -> BigInt,
    }
}

diesel::table! {
    idempotency_records (key) {
        key -> Text,
        fingerprint -> Text,
        scholarship_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    interactions (sequence) {
        sequence -> BigInt,
        pseudonym -> Text,
        id -> Text,
        kind -> Text,
        scholarship_id -> Text,
        occurred_at -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    search_counts (day, query) {
        day -> Text,
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
    revocations (kind, digest) {
        kind -> Text,
        digest -> Binary,
        revoked_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    audit_log (sequence) {
        sequence -> BigInt,
        at -> BigInt,
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
        created_at -> BigInt,
        not_before -> BigInt,
        worker -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
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
        created_at -> BigInt,
        due_at -> BigInt,
        worker -> Nullable<Text>,
        attempts -> BigInt,
        delivery_error -> Nullable<Text>,
        buried_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(scholarships, scholarship_changes);
diesel::allow_tables_to_appear_in_same_query!(tasks, task_notices);
