//! Who may use which operation: what the description and `docs/security.md` say, and what tests hold the extractors of
//! `caller` against.

use auth::{Role, Scope};
use utoipa::openapi::security::SecurityRequirement;

/// Who may use an operation. Whoever sends a token must send a good one, but to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Anybody, whatever comes along.
    Probe,
    /// Anybody.
    Public,
    /// Anybody; drafts and what else is not public show to those with this scope.
    PublicAndMore(Scope),
    /// Those with one of these roles.
    Roles(&'static [Role]),
    /// Those with this scope; admins have every scope.
    Scope(Scope),
}

use Policy::{Probe, Public, PublicAndMore, Roles};

const WRITERS: Policy = Policy::Scope(Scope::ScholarshipsWrite);
const ANALYSTS: Policy = Policy::Scope(Scope::AnalyticsRead);
const PUBLIC_AND_DRAFTS: Policy = PublicAndMore(Scope::ScholarshipsWrite);
const AGENTS: Policy = Policy::Scope(Scope::AgentTasks);
const ADMINS: Policy = Roles(&[Role::Admin]);
const RECORDERS: Policy = Roles(&[Role::Student, Role::Partner, Role::Admin]);

/// Every operation, by method and path.
pub const POLICIES: &[(&str, &str, Policy)] = &[
    ("get", "/", Public),
    ("get", "/agent/capabilities", Public),
    ("get", "/agent/health", Public),
    ("post", "/agent/task", AGENTS),
    ("get", "/agent/tasks", ADMINS),
    ("get", "/agent/tasks/{task_id}", AGENTS),
    ("post", "/agent/tasks/{task_id}/cancel", AGENTS),
    ("post", "/agent/tasks/{task_id}/requeue", ADMINS),
    ("post", "/ai/analyze-eligibility", PUBLIC_AND_DRAFTS),
    ("post", "/ai/enhance-search", Public),
    ("get", "/ai/scholarship-summary/{id}", PUBLIC_AND_DRAFTS),
    ("get", "/ai/search-suggestions", Public),
    ("get", "/ai/status", Public),
    ("get", "/ai/trends-analysis", Public),
    ("get", "/api/v1/analytics/interactions", ANALYSTS),
    ("get", "/api/v1/analytics/popular-scholarships", ANALYSTS),
    ("get", "/api/v1/analytics/search-trends", ANALYSTS),
    ("get", "/api/v1/analytics/summary", ANALYSTS),
    ("get", "/api/v1/eligibility/check", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/eligibility/check", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/eligibility/unlocks", Public),
    ("post", "/api/v1/interactions", RECORDERS),
    ("post", "/api/v1/interactions/bulk", RECORDERS),
    ("get", "/api/v1/interactions/mine", RECORDERS),
    ("delete", "/api/v1/interactions/mine", RECORDERS),
    ("get", "/api/v1/recommendations", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/recommendations", PUBLIC_AND_DRAFTS),
    ("get", "/api/v1/scholarships", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/scholarships", WRITERS),
    ("get", "/api/v1/scholarships/export", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/scholarships/import", WRITERS),
    ("get", "/api/v1/scholarships/{id}", PUBLIC_AND_DRAFTS),
    ("put", "/api/v1/scholarships/{id}", WRITERS),
    ("patch", "/api/v1/scholarships/{id}", WRITERS),
    ("delete", "/api/v1/scholarships/{id}", WRITERS),
    (
        "get",
        "/api/v1/scholarships/{id}/similar",
        PUBLIC_AND_DRAFTS,
    ),
    ("get", "/api/v1/search", PUBLIC_AND_DRAFTS),
    ("post", "/api/v1/search", PUBLIC_AND_DRAFTS),
    ("get", "/api/v1/search/suggestions", Public),
    ("get", "/db/status", Public),
    ("get", "/docs", Public),
    ("get", "/docs/{file}", Public),
    ("get", "/health", Public),
    ("get", "/healthz", Probe),
    ("post", "/mcp", PUBLIC_AND_DRAFTS),
    ("get", "/openapi.json", Public),
    ("get", "/readyz", Probe),
];

/// Every operation as a method and a template: all that metrics may name.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    POLICIES.iter().map(|(method, path, _)| (*method, *path))
}

impl Policy {
    /// Whether there is one; letters of the method may be of either case.
    pub(crate) fn is_declared(method: &str, path: &str) -> bool {
        POLICIES
            .iter()
            .any(|(known, at, _)| *at == path && known.eq_ignore_ascii_case(method))
    }

    pub(crate) fn of(method: &str, path: &str) -> Option<Self> {
        POLICIES
            .iter()
            .find(|(known, at, _)| *known == method && *at == path)
            .map(|(_, _, policy)| *policy)
    }

    /// As the description says it: alternatives, of which an empty one stands for no token.
    pub(crate) fn requirements(self) -> Option<Vec<SecurityRequirement>> {
        let bearer = |scopes: &[Scope]| {
            SecurityRequirement::new("bearer", scopes.iter().map(|scope| scope.as_str()))
        };
        match self {
            Probe => None,
            Public | PublicAndMore(_) => Some(vec![SecurityRequirement::default(), bearer(&[])]),
            Roles(_) => Some(vec![bearer(&[])]),
            Self::Scope(scope) => Some(vec![bearer(&[scope])]),
        }
    }
}
