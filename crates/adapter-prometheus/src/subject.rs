//! What is asked about: the servers by their version, or the router by its backend; and how it is asked.

use crate::{
    ServiceMetrics,
    counters::{BUCKETS, Counter},
    promql::{Millis, edge, none_of, one_of, quoted, seconds_text},
};

/// Counters of several groups of processes.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) of: &'static str,
    /// The label that tells groups apart; processes of the router have none of it, their counters have.
    pub(crate) group: &'static str,
    pub(crate) groups: Vec<String>,
    /// When each process began, in seconds since 1970.
    start: &'static str,
    /// Whether a process belongs to one group.
    is_of_group: bool,
    job: String,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    counter: Counter,
    metric: &'static str,
    matchers: Vec<String>,
}

impl Source {
    fn new(counter: Counter, metric: &'static str, matchers: Vec<String>) -> Self {
        Self {
            counter,
            metric,
            matchers,
        }
    }
}

const REQUESTS: &str = "http_requests_total";
const BUCKET: &str = "http_request_duration_seconds_bucket";

impl Subject {
    pub(crate) fn service(service: &ServiceMetrics, versions: [&str; 2]) -> Self {
        Self {
            of: "version",
            group: "version",
            groups: versions.map(str::to_owned).to_vec(),
            start: "process_start_time_seconds",
            is_of_group: true,
            job: one_of("job", [service.job.as_str()]),
            sources: service_sources(service),
        }
    }

    /// Requests are counted where the router chose a version: in the backend, once for each, however often it tried.
    pub(crate) fn router(job: &str, backends: [&str; 2]) -> Self {
        let source = |counter, metric| Source::new(counter, metric, Vec::new());
        Self {
            of: "router",
            group: "proxy",
            groups: backends.map(str::to_owned).to_vec(),
            start: "haproxy_process_start_time_seconds",
            is_of_group: false,
            job: one_of("job", [job]),
            sources: vec![
                source(Counter::Sent, "haproxy_backend_http_requests_total"),
                source(
                    Counter::ConnectionErrors,
                    "haproxy_backend_connection_errors_total",
                ),
                source(
                    Counter::ResponseErrors,
                    "haproxy_backend_response_errors_total",
                ),
            ],
        }
    }

    /// The label of a process that names its group.
    pub(crate) fn process_group(&self) -> Option<&'static str> {
        self.is_of_group.then_some(self.group)
    }

    /// The matchers of all groups, or of one.
    pub(crate) fn scope(&self, group: Option<&str>) -> String {
        let groups = match group {
            Some(group) => one_of(self.group, [group]),
            None => one_of(self.group, self.groups.iter().map(String::as_str)),
        };
        format!("{},{groups}", self.job)
    }

    /// Of all processes, when they began.
    pub(crate) fn starts(&self) -> String {
        if self.is_of_group {
            return format!("{}{{{}}}", self.start, self.scope(None));
        }
        format!("{}{{{}}}", self.start, self.job)
    }

    /// When one process began, as it was scraped over some time.
    pub(crate) fn starts_of(&self, group: &str, instance: &str, over: Millis) -> String {
        let scope = if self.is_of_group {
            self.scope(Some(group))
        } else {
            self.job.clone()
        };
        let instance = quoted(instance);
        format!("{}{{{scope},instance={instance}}}[{over}ms]", self.start)
    }

    /// Every counter of every process, and when the process began, in one question.
    pub(crate) fn moment(&self) -> String {
        let group = self
            .process_group()
            .map_or(String::new(), |group| format!("{group}, "));
        let mut parts = vec![format!(
            "label_replace(max by ({group}instance) ({}), \"count\", \"start\", \"\", \"\")",
            self.starts()
        )];
        let scope = self.scope(None);
        parts.extend(self.sources.iter().map(|source| {
            let by = match source.counter {
                Counter::Timed => format!("{}, instance, le", self.group),
                _ => format!("{}, instance", self.group),
            };
            let name = match source.counter {
                Counter::Timed => BUCKETS,
                counter => counter.name(),
            };
            let selector = selector(source, &scope, None);
            format!("label_replace(sum by ({by}) ({selector}), \"count\", \"{name}\", \"\", \"\")")
        }));
        parts.join("\nor ")
    }

    /// The sum of a counter of one group at a moment, of these instances or of all.
    pub(crate) fn term(
        &self,
        counter: Counter,
        group: &str,
        instances: Option<&[&str]>,
        at: Millis,
    ) -> String {
        let le = (counter == Counter::Timed).then(|| "le=\"+Inf\"".to_owned());
        let sum = self.sum("", counter, (group, le), instances, at);
        format!("({sum} or vector(0))")
    }

    /// The same of each bucket of the histogram.
    pub(crate) fn buckets(&self, group: &str, instances: Option<&[&str]>, at: Millis) -> String {
        self.sum("by (le) ", Counter::Timed, (group, None), instances, at)
    }

    fn sum(
        &self,
        by: &str,
        counter: Counter,
        (group, le): (&str, Option<String>),
        instances: Option<&[&str]>,
        at: Millis,
    ) -> String {
        let Some(source) = self.sources.iter().find(|source| source.counter == counter) else {
            return "vector(0)".to_owned();
        };
        let instances = instances.map(|instances| one_of("instance", instances.iter().copied()));
        let more: Vec<String> = le.into_iter().chain(instances).collect();
        let more = (!more.is_empty()).then(|| more.join(","));
        let selector = selector(source, &self.scope(Some(group)), more.as_deref());
        format!("sum {by}({selector} @ {})", seconds_text(at))
    }
}

fn selector(source: &Source, scope: &str, more: Option<&str>) -> String {
    let matchers = source.matchers.iter().map(String::as_str);
    let matchers: Vec<&str> = [scope].into_iter().chain(matchers).chain(more).collect();
    format!("{}{{{}}}", source.metric, matchers.join(","))
}

fn service_sources(service: &ServiceMetrics) -> Vec<Source> {
    fn strings(list: &[String]) -> impl Iterator<Item = &str> {
        list.iter().map(String::as_str)
    }
    let failed = || "status=~\"5..\"".to_owned();
    let users: Vec<String> = none_of("route", strings(&service.probe_routes))
        .into_iter()
        .collect();
    let never_slow = strings(&service.probe_routes).chain(strings(&service.slow_routes));
    let timed: Vec<String> = none_of("route", never_slow).into_iter().collect();
    let mut sources = vec![
        Source::new(Counter::Requests, REQUESTS, users.clone()),
        Source::new(
            Counter::ServerErrors,
            REQUESTS,
            [users, vec![failed()]].concat(),
        ),
        Source::new(Counter::Timed, BUCKET, timed),
    ];
    use Counter as C;
    let searches = [
        C::Searches,
        C::SearchErrors,
        C::SearchesTimed,
        C::SearchesInTime,
    ];
    let recommendations = [
        C::Recommendations,
        C::RecommendationErrors,
        C::RecommendationsTimed,
        C::RecommendationsInTime,
    ];
    for ([all, errors, timed, in_time], routes) in [
        (searches, &service.search_routes),
        (recommendations, &service.recommendation_routes),
    ] {
        let routes = one_of("route", strings(routes));
        let infinite = "le=\"+Inf\"".to_owned();
        sources.extend([
            Source::new(all, REQUESTS, vec![routes.clone()]),
            Source::new(errors, REQUESTS, vec![routes.clone(), failed()]),
            Source::new(timed, BUCKET, vec![routes.clone(), infinite]),
            Source::new(
                in_time,
                BUCKET,
                vec![routes, edge(service.search_within_ms)],
            ),
        ]);
    }
    let ended = "outcome=~\"succeeded|failed|dead\"".to_owned();
    let failed = "outcome=~\"failed|dead\"".to_owned();
    let fallback = "source=\"fallback\"".to_owned();
    sources.extend([
        Source::new(C::AiConfigured, "openai_configured", vec![]),
        Source::new(C::AiAnswers, "ai_answers_total", vec![]),
        Source::new(C::AiFallbacks, "ai_answers_total", vec![fallback]),
        Source::new(C::AiCalls, "openai_requests_total", vec![]),
        Source::new(C::AiFailures, "openai_requests_failed_total", vec![]),
        Source::new(C::AgentTasks, "agent_tasks_total", vec![ended]),
        Source::new(C::AgentTaskFailures, "agent_tasks_total", vec![failed]),
        Source::new(C::CacheConfigured, "redis_up", vec![]),
        Source::new(C::CacheLookups, "redis_lookups_total", vec![]),
        Source::new(C::CacheHits, "redis_hits_total", vec![]),
        Source::new(
            C::SecurityViolations,
            "security_policy_violations_total",
            vec![],
        ),
    ]);
    sources
}
