//! Fills an empty store with sample scholarships, so that the first start has something to show.

use domain::{ScholarshipId, Timestamp};
use ports::{Actor, ScholarshipStore, StoreError, UpsertItem, WriteContext};

use crate::settings::{Database, Environment, SampleCatalogue, Settings};

/// Loads the bundled samples, with deadlines counted from today, where the settings want them.
pub(crate) async fn load_if_wanted(
    settings: &Settings,
    store: &dyn ScholarshipStore,
    now: Timestamp,
) -> Result<(), StoreError> {
    let wanted = match settings.sample_catalogue {
        SampleCatalogue::On => true,
        SampleCatalogue::Off => false,
        SampleCatalogue::Auto => {
            settings.environment != Environment::Production
                && matches!(settings.database, Database::Sqlite(_))
                && store.count().await? == 0
        }
    };
    if !wanted {
        return Ok(());
    }
    let items: Vec<UpsertItem> = app::sample::bundled(domain::deadline::today(now))
        .into_iter()
        .map(|content| {
            let provenance = &content.provenance;
            let (source, source_id) = (
                provenance.source.as_deref(),
                provenance.source_id.as_deref(),
            );
            let id =
                ScholarshipId::derived(source.unwrap_or_default(), source_id.unwrap_or_default());
            UpsertItem { id, content }
        })
        .collect();
    let count = items.len();
    let context = WriteContext {
        actor: Actor::SYSTEM,
        now,
    };
    store.upsert_many(items, context).await?;
    tracing::info!(
        count,
        "loaded the sample catalogue; SAMPLE_CATALOGUE=off leaves a store empty"
    );
    Ok(())
}
