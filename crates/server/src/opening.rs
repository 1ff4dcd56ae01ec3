//! From a store that was set up to an index that is in step with it. A store that is away is waited for, while the process
//! listens: with an index from its file it serves searches meanwhile.

use std::sync::Arc;
use std::time::Duration;

use adapter_search::InProcessIndex;
use app::Application;
use ports::{CatalogueFingerprint, FeedPosition};
use rand::Rng as _;
use tokio::sync::watch;

use crate::index_file::{CatalogueName, IndexFile};
use crate::sample_catalogue;
use crate::settings::Settings;
use crate::startup::StartError;
use crate::stores::Stores;

/// Pauses between looks at a store that is away. The longest bounds how late its return is noticed.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The index before it is in step.
pub(crate) struct Prepared {
    pub(crate) index: Arc<InProcessIndex>,
    /// Of which store the file was from which it was restored.
    restored: Option<CatalogueName>,
    /// What the store came to while the file was read.
    known: Option<(CatalogueFingerprint, FeedPosition)>,
    /// Which store there is, or why it does not say.
    identified: Result<CatalogueName, StartError>,
}

/// The index once it is in step.
pub(crate) struct Opened {
    pub(crate) catalogue: CatalogueName,
    /// Where the log goes on after what the index file holds, if that is of this store.
    pub(crate) kept: Option<FeedPosition>,
}

/// What it takes to bring the index in step.
pub(crate) struct Opening {
    pub(crate) settings: Settings,
    pub(crate) stores: Stores,
    pub(crate) application: Arc<Application>,
    /// Of which store the file was from which the index was restored, and where that store's log goes on.
    restored: Option<(CatalogueName, FeedPosition)>,
}

/// The index of the file where that can be used, else an empty one.
///
/// # Errors
/// [`StartError`], when waiting for the store would be in vain.
pub(crate) async fn prepare(
    settings: &Settings,
    stores: &Stores,
    file: &IndexFile,
) -> Result<Prepared, StartError> {
    let mut identified = match identify(stores).await {
        Err(error) if !stores.may_be_waited_for(&error) => return Err(error),
        identified => identified,
    };
    let catalogue = match &identified {
        Ok(catalogue) => Some(catalogue.clone()),
        Err(_) => file.remembered(),
    };
    let (mut index, mut restored, mut known) = (None, None, None);
    if let Some(catalogue) = catalogue.filter(|_| file.exists()) {
        // Both read everything, the one from the file and the other from the store. A file that is of no use is not compared.
        let is_there = identified.is_ok();
        let ask = async {
            if is_there {
                stores.scholarships.fingerprint().await
            } else {
                Ok(None)
            }
        };
        let restore = file.restore(&catalogue, settings.search.clone());
        let both = tokio::try_join!(async { restore.await.ok_or(()) }, async { Ok(ask.await) });
        let read = both.ok().map(|(index, asked)| {
            match asked {
                Ok(answer) => known = answer,
                Err(error) => identified = Err(error.into()),
            }
            index
        });
        restored = read.is_some().then_some(catalogue);
        index = read;
    }
    let empty = || InProcessIndex::new(settings.search.clone());
    Ok(Prepared {
        index: Arc::new(index.unwrap_or_else(empty)),
        restored,
        known,
        identified,
    })
}

/// Which catalogue the store has, once it was found to be usable.
async fn identify(stores: &Stores) -> Result<CatalogueName, StartError> {
    stores.verify().await?;
    Ok(CatalogueName::of(&*stores.interactions).await?)
}

impl Opening {
    /// Brings the index in step, or, while the store is away, lets what came from the file be served: then `None`.
    ///
    /// # Errors
    /// [`StartError`], when waiting would be in vain.
    pub(crate) async fn begin(
        settings: &Settings,
        stores: &Stores,
        application: &Arc<Application>,
        prepared: Prepared,
    ) -> Result<(Self, Option<Opened>), StartError> {
        let position = prepared.index.position();
        let opening = Self {
            settings: settings.clone(),
            stores: stores.clone(),
            application: Arc::clone(application),
            restored: prepared.restored.map(|catalogue| (catalogue, position)),
        };
        let outcome = match prepared.identified {
            Ok(catalogue) => opening.finish(catalogue, prepared.known).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(opened) => Ok((opening, Some(opened))),
            Err(error) if stores.may_be_waited_for(&error) => {
                opening.bridge(&error).await;
                Ok((opening, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Fills the index, or brings a restored one in step.
    async fn finish(
        &self,
        catalogue: CatalogueName,
        known: Option<(CatalogueFingerprint, FeedPosition)>,
    ) -> Result<Opened, StartError> {
        let now = self.application.clock.now();
        sample_catalogue::load_if_wanted(&self.settings, &*self.stores.scholarships, now).await?;
        let follower = &self.application.follower;
        let Some((restored, position)) = &self.restored else {
            follower.load().await?;
            return Ok(Opened {
                catalogue,
                kept: None,
            });
        };
        let is_ours = *restored == catalogue;
        if !is_ours {
            tracing::error!(
                "the index file is of another store: its records were served until now"
            );
        }
        follower.resume(*position, known).await?;
        Ok(Opened {
            catalogue,
            kept: is_ours.then_some(*position),
        })
    }

    async fn bridge(&self, error: &StartError) {
        let store = self.settings.database.url();
        let error = error as &dyn std::error::Error;
        match &self.restored {
            Some((_, position)) => {
                self.application.follower.serve_unverified(*position).await;
                tracing::warn!(
                    store,
                    error,
                    "the store is waited for; searches are answered from the index file, which may be old"
                );
            }
            None => tracing::warn!(
                store,
                error,
                "the store is waited for; there is no index file, so nothing can be served until then"
            ),
        }
    }

    /// Tries until the index is in step, or `stop` turns true: then `None`.
    pub(crate) async fn keep_trying(&self, mut stop: watch::Receiver<bool>) -> Option<Opened> {
        let trying = async {
            let (mut pause, mut said) = (FIRST_PAUSE, String::new());
            loop {
                let outcome = match identify(&self.stores).await {
                    Ok(catalogue) => self.finish(catalogue, None).await,
                    Err(error) => Err(error),
                };
                let error = match outcome {
                    Ok(opened) => return opened,
                    Err(error) => error,
                };
                // Once for each reason: what an operator must mend looks otherwise than an absence.
                if said != error.to_string() {
                    said = error.to_string();
                    let store = self.settings.database.url();
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(store, error, "the store is still waited for");
                }
                let share = rand::rng().random_range(0.5..1.0);
                tokio::time::sleep(pause.mul_f64(share)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        let opened = tokio::select! {
            opened = trying => opened,
            _ = stop.wait_for(|stopped| *stopped) => return None,
        };
        tracing::info!("the store answers, and the index is in step with it");
        Some(opened)
    }
}
