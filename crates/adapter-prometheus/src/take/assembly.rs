//! From answers to a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use rollout::Policy;
use rollout::snapshot::{Component, Counts, SCHEMA, Snapshot, VersionSnapshot, Window, query_name};

use super::{Answers, Request, Taken, scrapes};
use crate::answer::Series;
use crate::counters::Counter;
use crate::counts::{self, Part};
use crate::lifetimes::Lifetime;
use crate::peaks::{self, Peaks};
use crate::promql::{Millis, seconds_text};
use crate::stretches::stretches;
use crate::{Note, RouterMetrics, TakeError, router, texts};

pub(super) struct Assembly<'a> {
    pub(super) policy: &'a Policy,
    pub(super) request: &'a Request,
    pub(super) now: Millis,
    pub(super) windows: &'a [(Window, Millis)],
    pub(super) service: &'a Answers,
    pub(super) router: Option<(&'a Answers, &'a RouterMetrics)>,
    pub(super) scrapes: &'a [Series],
    pub(super) ready: &'a [Series],
    /// In the order of the windows.
    pub(super) peaks: &'a [Peaks],
    pub(super) job: &'a str,
}

struct Findings {
    queries: BTreeMap<String, String>,
    notes: BTreeSet<Note>,
}

/// The counters that must never fall while their process lives.
const JUDGED: [Counter; 9] = [
    Counter::Requests,
    Counter::ServerErrors,
    Counter::Timed,
    Counter::Searches,
    Counter::Recommendations,
    Counter::AiAnswers,
    Counter::AgentTasks,
    Counter::CacheLookups,
    Counter::SecurityViolations,
];

/// The router knows backends and no versions: what a backend did before the version's first process began is another version's.
fn router_begin(lives: &[Lifetime], version: &str, begin: Millis) -> Millis {
    let own = lives.iter().filter(|life| life.place.group == version);
    let first = own.map(Lifetime::start_millis).min();
    first.map_or(begin, |first| first.max(begin))
}

/// All moments that windows of the router begin at.
pub(super) fn router_begins(
    request: &Request,
    lives: &[Lifetime],
    begins: &BTreeSet<Millis>,
) -> BTreeSet<Millis> {
    let of_version = |version| {
        begins
            .iter()
            .map(move |begin| router_begin(lives, version, *begin))
    };
    of_version(&request.canary)
        .chain(of_version(&request.stable))
        .collect()
}

impl Assembly<'_> {
    pub(super) fn taken(&self) -> Result<Taken, TakeError> {
        let mut findings = Findings {
            queries: BTreeMap::new(),
            notes: BTreeSet::new(),
        };
        let backends = self
            .router
            .map(|(_, metrics)| (metrics.canary.as_str(), metrics.stable.as_str()));
        let canary = self.version(
            "canary",
            &self.request.canary,
            backends.map(|pair| pair.0),
            &mut findings,
        );
        let stable = self.version(
            "stable",
            &self.request.stable,
            backends.map(|pair| pair.1),
            &mut findings,
        );
        self.note_lives(&mut findings);
        let snapshot = Snapshot {
            schema: SCHEMA,
            taken_at: self.request.taken_at,
            stage_started_at: self.request.stage_started_at,
            canary,
            stable,
            queries: findings.queries,
        };
        snapshot.validate()?;
        Ok(Taken {
            snapshot,
            notes: findings.notes.into_iter().collect(),
        })
    }

    fn version(
        &self,
        role: &str,
        version: &str,
        backend: Option<&str>,
        findings: &mut Findings,
    ) -> VersionSnapshot {
        let scrape = scrapes::of_version(self.scrapes, version, &self.service.lives);
        let text = texts::of_scrape(&self.service.subject, version, self.now);
        findings.queries.insert(format!("{role}/scrape"), text);
        if scrape.targets == 0 {
            let known = scrapes::known_versions(self.scrapes);
            findings.notes.insert(if known.is_empty() {
                Note::NoTargets {
                    job: self.job.to_owned(),
                }
            } else {
                Note::UnknownVersion {
                    version: version.to_owned(),
                    known,
                }
            });
        } else if scrape.up > 0 && scrape.last_seen_at.is_none() {
            findings.notes.insert(Note::WithoutStart {
                version: version.to_owned(),
            });
        }
        let windows = self
            .windows
            .iter()
            .zip(self.peaks)
            .map(|((window, begin), peaks)| {
                let mut counts = self.counts((role, version), (*window, *begin), peaks, findings);
                self.sent(
                    &mut counts,
                    (role, version, backend),
                    (*window, *begin),
                    findings,
                );
                (*window, counts)
            });
        VersionSnapshot {
            version: version.to_owned(),
            scrape,
            windows: windows.collect(),
            ready_backends: self.ready_backends(role, backend, findings),
        }
    }

    fn counts(
        &self,
        (role, version): (&str, &str),
        (window, begin): (Window, Millis),
        peaks: &Peaks,
        findings: &mut Findings,
    ) -> Counts {
        let Answers {
            subject,
            lives,
            known_since,
            moments,
        } = self.service;
        let at = seconds_text(self.now);
        let mut queries: Vec<(&str, String)> =
            peaks::texts(subject, version, (self.now - begin).max(1), &at).into();
        let is_known = known_since.is_none_or(|since| begin >= since);
        let mut counts = Counts::default();
        if is_known {
            let stretches = stretches(lives, version, begin, moments);
            let part = Part {
                group: version,
                stretches,
                moments,
            };
            let edges = &self.policy.telemetry.latency_edges_ms;
            counts = counts::of_service(&part, edges, peaks);
            queries.extend(texts::of_service(subject, &part));
            for count in part.wrong(&JUDGED) {
                findings.notes.insert(Note::NotACount {
                    version: version.to_owned(),
                    window: window.to_string(),
                    count: count.to_owned(),
                });
            }
            note_edges(&part, edges, &counts, findings);
        } else {
            let of = format!("version {version}");
            findings.notes.insert(Note::TooManyEnded {
                of,
                window: window.to_string(),
            });
        }
        let queries = queries.into_iter();
        findings
            .queries
            .extend(queries.map(|(count, text)| (query_name(role, window, count), text)));
        counts
    }

    fn sent(
        &self,
        counts: &mut Counts,
        (role, version, backend): (&str, &str, Option<&str>),
        (window, begin): (Window, Millis),
        findings: &mut Findings,
    ) {
        let Some(((router, _), backend)) = self.router.zip(backend) else {
            counts.sent = Component::NotConfigured;
            counts.unanswered = Component::NotConfigured;
            return;
        };
        let begin = router_begin(&self.service.lives, version, begin);
        if router.known_since.is_some_and(|since| begin < since) {
            let (of, window) = ("the router".to_owned(), window.to_string());
            findings.notes.insert(Note::TooManyEnded { of, window });
            return;
        }
        let stretches = stretches(&router.lives, "", begin, &router.moments);
        let part = Part {
            group: backend,
            stretches,
            moments: &router.moments,
        };
        (counts.sent, counts.unanswered) = counts::of_router(&part);
        for (count, text) in texts::of_router(&router.subject, &part) {
            findings
                .queries
                .insert(query_name(role, window, count), text);
        }
    }

    fn ready_backends(
        &self,
        role: &str,
        backend: Option<&str>,
        findings: &mut Findings,
    ) -> Component<u32> {
        let Some(((answers, metrics), backend)) = self.router.zip(backend) else {
            return Component::NotConfigured;
        };
        let text = router::text(&answers.subject, backend, self.now);
        findings
            .queries
            .insert(format!("{role}/ready_backends"), text);
        let stale_after = self.policy.telemetry.stale_after;
        let ready = router::ready_backends(self.ready, backend, self.now, stale_after);
        if ready == Component::Missing {
            findings.notes.insert(if self.ready.is_empty() {
                Note::NoRouter {
                    job: metrics.job.clone(),
                }
            } else {
                Note::UnknownBackend {
                    backend: backend.to_owned(),
                }
            });
        }
        ready
    }

    /// Processes whose last scrape was not found.
    fn note_lives(&self, findings: &mut Findings) {
        let router = self.router.map(|(answers, _)| answers);
        for answers in [Some(self.service), router].into_iter().flatten() {
            let of = answers.subject.of;
            for life in answers.lives.iter().filter(|life| !life.is_exact) {
                let steps = life.seen.windows(2).map(|pair| pair[1] - pair[0]);
                findings.notes.insert(Note::Approximate {
                    of: format!("{of} {}", life.place.group).trim_end().to_owned(),
                    instance: life.place.instance.clone(),
                    seconds: steps.min().unwrap_or(0).unsigned_abs() / 1_000,
                });
            }
        }
    }
}

/// Edges that the policy knows and the histogram does not, once there is one.
fn note_edges(part: &Part<'_>, edges: &[u32], counts: &Counts, findings: &mut Findings) {
    let known: BTreeSet<u32> = part
        .times()
        .filter_map(|at| part.moments.get(&at))
        .flat_map(|moment| moment.edges())
        .collect();
    if known.is_empty() || counts.requests.is_none() {
        return;
    }
    let missing = edges.iter().filter(|edge| !known.contains(edge));
    findings.notes.extend(missing.map(|edge| Note::NoEdge {
        version: part.group.to_owned(),
        edge: *edge,
    }));
}
