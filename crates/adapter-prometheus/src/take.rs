//! Taking a snapshot: which questions, in which order.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use rollout::Policy;
use rollout::snapshot::{Snapshot, Window};
use tokio::time::timeout;

use crate::answer::Series;
use crate::client::Client;
use crate::lifetimes::{Lifetime, lifetimes};
use crate::moments::{Moment, Moments};
use crate::peaks::{self, Peaks};
use crate::promql::{Millis, millis, millis_of};
use crate::stretches::stretches;
use crate::subject::Subject;
use crate::{
    Limits, Note, OpenError, QueryError, RouterMetrics, ServiceMetrics, Settings, TakeError,
};

mod assembly;
mod clock;
mod ends;
mod scrapes;

/// Steps into which the longest window is divided to look for processes; Prometheus allows 11,000.
const STEPS: Millis = 8_640;

/// For so long every scrape is looked at, so that no process is too short to be seen: 12 hours.
const EXACT: Millis = 12 * 3_600 * 1_000;

/// A Prometheus that watches a service, and perhaps the router before it.
#[derive(Debug)]
pub struct Prometheus {
    pub(crate) client: Client,
    limits: Limits,
    pub(crate) service: ServiceMetrics,
    router: Option<RouterMetrics>,
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The labels `version` of both.
    pub canary: String,
    pub stable: String,
    pub taken_at: DateTime<Utc>,
    pub stage_started_at: DateTime<Utc>,
    /// Of a moment in the past, on purpose. Otherwise our clock must agree with that of Prometheus.
    pub replays: bool,
}

/// A valid snapshot, and what should be known about it, in order and without repetitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub snapshot: Snapshot,
    pub notes: Vec<Note>,
}

/// Everything that was answered about one subject.
struct Answers {
    subject: Subject,
    lives: Vec<Lifetime>,
    /// Older ends were not looked up: no window may begin before.
    known_since: Option<Millis>,
    moments: Moments,
}

impl Prometheus {
    /// Opens no connection. `router` is `None` where no HAProxy splits the traffic.
    ///
    /// # Errors
    ///
    /// Settings that can never work.
    pub fn new(
        settings: &Settings,
        service: ServiceMetrics,
        router: Option<RouterMetrics>,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            client: Client::new(settings)?,
            limits: settings.limits,
            service,
            router,
        })
    }

    /// Counts what both versions did in every window of the policy and in the stage.
    ///
    /// What nobody knows is missing in the snapshot, and what does not exist is not configured there; only an answer that cannot be
    /// believed is an error.
    ///
    /// # Errors
    ///
    /// [`TakeError`] says what failed and what to do. None says anything about the canary.
    pub async fn take(&self, policy: &Policy, request: &Request) -> Result<Taken, TakeError> {
        if request.stage_started_at > request.taken_at {
            return Err(TakeError::Order);
        }
        if request.canary == request.stable {
            return Err(TakeError::SameVersion(request.canary.clone()));
        }
        let taken = timeout(self.limits.total, self.ask(policy, request));
        taken
            .await
            .unwrap_or(Err(TakeError::TimedOut(self.limits.total)))
    }

    async fn ask(&self, policy: &Policy, request: &Request) -> Result<Taken, TakeError> {
        let now = millis(request.taken_at);
        let windows = windows(policy, request);
        let longest = windows
            .iter()
            .map(|(_, begin)| now - begin)
            .max()
            .unwrap_or(0);
        let service = Subject::service(&self.service, [&request.canary, &request.stable]);
        let router = self
            .router
            .as_ref()
            .map(|router| Subject::router(&router.job, [&router.canary, &router.stable]));
        let ready = async {
            match &router {
                Some(router) => {
                    self.at(now, "ready backends", &crate::router::query(router))
                        .await
                }
                None => Ok(Vec::new()),
            }
        };
        let peaks = try_join_all(windows.iter().map(|(_, begin)| async move {
            let service = Subject::service(&self.service, [&request.canary, &request.stable]);
            let text = peaks::query(&service, (now - begin).max(1));
            let found = self.at(now, "peaks and restarts", &text).await?;
            Ok::<_, TakeError>(Peaks::read(&found))
        }));
        let scrapes = scrapes::query(&service, &self.service.job);
        let (_, scrapes, ready, peaks, service_lives, router_lives) = tokio::try_join!(
            self.compare_clocks(request),
            self.at(now, "scraped targets", &scrapes),
            ready,
            peaks,
            self.lives(&service, now, longest),
            async {
                match &router {
                    Some(router) => self.lives(router, now, longest).await.map(Some),
                    None => Ok(None),
                }
            },
        )?;
        let begins: BTreeSet<Millis> = windows.iter().map(|(_, begin)| *begin).collect();
        let router_begins = assembly::router_begins(request, &service_lives.0, &begins);
        let (service, router) =
            tokio::try_join!(self.answers(service, service_lives, begins, now), async {
                match router.zip(router_lives) {
                    Some((router, lives)) => self
                        .answers(router, lives, router_begins, now)
                        .await
                        .map(Some),
                    None => Ok(None),
                }
            })?;
        let assembly = assembly::Assembly {
            policy,
            request,
            now,
            windows: &windows,
            service: &service,
            router: router.as_ref().zip(self.router.as_ref()),
            scrapes: &scrapes,
            ready: &ready,
            peaks: &peaks,
            job: &self.service.job,
        };
        assembly.taken()
    }

    /// All processes in the longest window, and how exact their ends are.
    async fn lives(
        &self,
        subject: &Subject,
        now: Millis,
        longest: Millis,
    ) -> Result<(Vec<Lifetime>, Millis), TakeError> {
        let step = (longest / STEPS / 1_000 + 1) * 1_000;
        let exact = longest.min(EXACT) + step;
        let text = format!("{}[{exact}ms]", subject.starts());
        let what = "the processes that there were";
        let mut found = self.at(now, what, &text).await?;
        let exact_since = now - exact;
        let from = exact_since - 1 - (longest - exact).max(0) / step * step;
        if longest > exact {
            let older = (from, exact_since - 1);
            let older = self.client.range(older, step, &subject.starts()).await;
            found.extend(older.map_err(asking(what))?);
        }
        // The edges of a range belong to it in some versions of Prometheus and not in others.
        for series in &mut found {
            series.samples.retain(|(at, _)| *at != exact_since);
        }
        Ok((lifetimes(subject, &found, exact_since)?, step))
    }

    async fn answers(
        &self,
        subject: Subject,
        (mut lives, step): (Vec<Lifetime>, Millis),
        begins: BTreeSet<Millis>,
        now: Millis,
    ) -> Result<Answers, TakeError> {
        let times = begins.iter().copied().chain([now]).collect();
        let mut moments = self.moments(&subject, times).await?;
        // Those that live were scraped at different moments; one question is enough for all.
        for life in &mut lives {
            if moments.get(&now).is_some_and(|moment| moment.shows(life)) {
                life.end = now;
                life.is_exact = true;
            }
        }
        let (lives, known_since) = self.with_ends(&subject, lives, now, step).await?;
        let ends = lives.iter().map(|life| life.end);
        let ends = ends.filter(|at| !moments.contains_key(at)).collect();
        moments.extend(self.moments(&subject, ends).await?);
        // Where a window begins in a gap, or before anything is known, its first values stand elsewhere.
        let places: BTreeSet<&str> = lives.iter().map(|life| life.place.group.as_str()).collect();
        let mut more = BTreeSet::new();
        for begin in begins {
            for group in &places {
                let parts = stretches(&lives, group, begin, &moments);
                more.extend(parts.iter().filter_map(|part| part.begin));
            }
        }
        more.retain(|at| !moments.contains_key(at));
        moments.extend(self.moments(&subject, more).await?);
        Ok(Answers {
            subject,
            lives,
            known_since,
            moments,
        })
    }

    async fn moments(
        &self,
        subject: &Subject,
        times: BTreeSet<Millis>,
    ) -> Result<Moments, TakeError> {
        let text = subject.moment();
        let text = text.as_str();
        let asked = times.into_iter().map(|at| async move {
            let found = self.at(at, "counters", text).await?;
            Ok::<_, TakeError>((at, Moment::read(subject, &found)))
        });
        Ok(try_join_all(asked).await?.into_iter().collect())
    }

    pub(crate) async fn at(
        &self,
        at: Millis,
        what: &'static str,
        text: &str,
    ) -> Result<Vec<Series>, TakeError> {
        self.client.at(Some(at), text).await.map_err(asking(what))
    }
}

fn asking(what: &'static str) -> impl Fn(QueryError) -> TakeError {
    move |source| TakeError::Query { what, source }
}

/// Every window with the moment that it begins at.
fn windows(policy: &Policy, request: &Request) -> Vec<(Window, Millis)> {
    let now = millis(request.taken_at);
    let last = |span: Duration| (Window::Last(span), now - millis_of(span));
    let stage = (Window::Stage, millis(request.stage_started_at));
    policy
        .windows()
        .into_iter()
        .map(last)
        .chain([stage])
        .collect()
}
