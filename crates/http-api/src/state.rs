//! What every handler works with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use app::Application;
use app::limits::CallerClass;
use auth::Verifier;
use domain::{InteractionKind, Term as _};
use telemetry::{Metrics, RequestTraces};

use crate::admission::FloodGuards;
use crate::disturbance::Disturbance;
use crate::error::{ApiError, ErrorCode};
use crate::heavy::HeavyPlaces;
use crate::settings::ApiSettings;

/// Shared by all workers; cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    pub application: Arc<Application>,
    pub verifier: Arc<Verifier>,
    pub metrics: Metrics,
    pub settings: Arc<ApiSettings>,
    pub(crate) traces: RequestTraces,
    pub(crate) floods: FloodGuards,
    heavy: HeavyPlaces,
    disturbance: Option<Arc<dyn Disturbance>>,
    is_draining: Arc<AtomicBool>,
}

impl ApiState {
    pub fn new(
        application: Arc<Application>,
        verifier: Arc<Verifier>,
        metrics: Metrics,
        settings: ApiSettings,
    ) -> Self {
        prepare(&metrics);
        Self {
            floods: FloodGuards::new(application.limits.settings()),
            application,
            verifier,
            metrics,
            heavy: HeavyPlaces::new(settings.max_heavy_requests),
            settings: Arc::new(settings),
            traces: RequestTraces::default(),
            disturbance: None,
            is_draining: Arc::default(),
        }
    }

    /// Where the spans of requests come from; by default there are none.
    #[must_use]
    pub fn traced_by(self, traces: RequestTraces) -> Self {
        Self { traces, ..self }
    }

    /// Lets requests of the public listener go wrong, in rehearsals.
    #[must_use]
    pub fn disturbed_by(self, disturbance: Option<Arc<dyn Disturbance>>) -> Self {
        Self {
            disturbance,
            ..self
        }
    }

    /// What goes wrong on purpose, where something is rehearsed.
    pub(crate) fn disturbance(&self) -> Option<&dyn Disturbance> {
        self.disturbance.as_deref()
    }

    /// This process ends soon: it is not ready any more, and whoever asks nevertheless is answered and comes back on another
    /// connection.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Forgets what the first line against floods need not remember any more: to be called about once a second.
    pub fn forget_rested_callers(&self) {
        self.floods.forget_rested();
    }

    /// How many callers the first line against floods remembers.
    pub fn remembered_callers(&self) -> usize {
        self.floods.remembered()
    }

    /// What tasks are done with: they wait for their turn where callers are refused.
    pub(crate) fn for_tasks(self) -> Self {
        Self {
            heavy: self.heavy.for_tasks(),
            ..self
        }
    }

    /// Runs work of more than about a millisecond beside the workers, so that short requests do not wait behind it.
    ///
    /// # Errors
    /// `OVERLOADED` when too much such work runs or waits already; not [for tasks](Self::for_tasks), which wait.
    pub(crate) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Application) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.heavy.take().await;
        let place = place.ok_or_else(|| ApiError::new(ErrorCode::Overloaded))?;
        let application = Arc::clone(&self.application);
        actix_web::web::block(move || {
            // Given back when the work ends, even if nobody waits for it any longer.
            let _place = place;
            work(&application)
        })
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "work for a request panicked"
            );
            ApiError::new(ErrorCode::InternalError)
        })
    }
}

/// Makes the series that requests will count in.
fn prepare(metrics: &Metrics) {
    let refusals = ErrorCode::ALL.iter().filter(|code| code.is_about_rights());
    metrics.prepare_refusals(
        CallerClass::ALL.map(CallerClass::name),
        refusals.map(|code| code.as_str()),
    );
    metrics.prepare_interactions(InteractionKind::ALL.iter().map(|kind| kind.code()));
}
