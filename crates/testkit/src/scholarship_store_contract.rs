//! What every `ports::ScholarshipStore` promises.
//!
//! Each function takes an empty store and panics when a promise is broken; [`scholarship_store_contract!`] makes a test of
//! each.
//!
//! [`scholarship_store_contract!`]: macro@crate::scholarship_store_contract

mod auditing;
mod change_log;
mod concurrency;
mod idempotency;
mod importing;
mod reading;
mod single_writes;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{ScholarshipContent, ScholarshipId, Timestamp};
use ports::{AuditLog, Change, FeedPosition, ScholarshipStore, UpsertItem};

pub use auditing::*;
pub use change_log::*;
pub use concurrency::*;
pub use idempotency::*;
pub use importing::*;
pub use reading::*;
pub use single_writes::*;

use crate::{instant, scholarship};

/// A store with its audit log.
pub trait AuditedStore: ScholarshipStore + AuditLog {}

impl<S: ScholarshipStore + AuditLog> AuditedStore for S {}

type Store = Arc<dyn AuditedStore>;

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn ScholarshipStore>, _)`, an empty store
/// and whatever must outlive it.
#[macro_export]
macro_rules! scholarship_store_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            scholarship_store_contract,
            $open,
            [
                every_content_is_read_back_as_it_was_written,
                what_is_not_there_is_none,
                pages_walk_all_ids_in_byte_order,
                health_is_told_within_a_second,
                a_new_record_has_version_one,
                a_taken_id_is_refused,
                a_taken_origin_is_refused_naming_its_owner,
                half_an_origin_belongs_to_nobody,
                replacing_counts_versions_and_keeps_the_creation,
                replacing_checks_the_version,
                replacing_never_takes_the_origin_of_another,
                deleting_checks_the_version_and_frees_id_and_origin,
                refused_writes_leave_no_trace,
                an_import_creates_updates_and_leaves_equal_records_alone,
                an_import_meets_records_by_origin_before_id,
                an_import_without_origin_meets_records_by_id,
                an_import_reports_ids_that_belong_to_others,
                an_import_may_name_one_record_twice,
                an_import_of_many_records_is_logged_in_their_order,
                the_log_keeps_the_newest_entry_of_each_id,
                the_log_can_be_read_in_small_bites,
                a_write_tells_the_position_after_it,
                the_head_is_the_position_after_everything,
                changes_since_an_instant_come_by_id_with_deletions,
                the_fingerprint_is_that_of_all_records_at_the_head,
                an_idempotency_record_is_kept_with_its_creation_until_it_expires,
                a_used_idempotency_key_stops_the_creation,
                an_expired_idempotency_key_can_be_used_again,
                a_refused_creation_keeps_no_idempotency_record,
                of_many_writers_of_one_version_exactly_one_wins,
                unconditional_writers_all_win_with_versions_of_their_own,
                of_many_creations_of_one_id_exactly_one_wins,
                of_many_creations_under_one_key_exactly_one_wins,
                a_follower_misses_nothing_that_writers_do_meanwhile,
                callers_who_go_away_leave_whole_writes,
                every_write_is_audited_with_its_digests,
                the_audit_log_says_who_wrote,
                what_writes_nothing_is_not_audited,
                items_that_change_one_record_are_audited_one_by_one,
                the_audit_log_is_asked_by_instant_scholarship_and_limit,
                of_writers_at_once_those_who_won_are_audited,
            ]
        );
    };
}

/// With nanoseconds that no store keeps.
pub(crate) fn noon() -> Timestamp {
    instant("2026-11-23T12:00:00.123456789Z")
}

/// What a store makes of an instant.
pub(crate) fn kept(instant: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(instant.timestamp_micros()).expect("within range")
}

pub(crate) fn minutes_later(minutes: i64) -> Timestamp {
    noon() + TimeDelta::minutes(minutes)
}

pub(crate) fn id(text: &str) -> ScholarshipId {
    ScholarshipId::parse(text).expect("an identifier")
}

fn named(name: &str) -> ScholarshipContent {
    scholarship(name).content()
}

fn item(own_id: &str, content: ScholarshipContent) -> UpsertItem {
    UpsertItem {
        id: id(own_id),
        content,
    }
}

async fn create(store: &Store, own_id: &str, content: ScholarshipContent) {
    let written = store
        .create(id(own_id), content, None, crate::write_at(noon()))
        .await;
    written.expect("is created");
}

async fn all_changes(store: &Store) -> Vec<Change> {
    let batch = store.changes_since(FeedPosition::default(), 10_000).await;
    batch.expect("the log is read").changes
}

fn ids(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.id().as_str()).collect()
}
