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

diesel::allow_tables_to_appear_in_same_query!(scholarships, scholarship_changes);
