//! Which crate may depend on which, in code.

/// What a crate may depend on, besides crates of other people.
#[derive(Clone, Copy)]
pub(super) enum Allowed {
    These(&'static [&'static str]),
    /// Everything of ours but the crates for development only.
    All,
    /// Every adapter and the crates listed.
    AdaptersAnd(&'static [&'static str]),
}

const CORE: Allowed = Allowed::These(&["domain", "ports"]);

/// One row a crate. The crates of the design that do not exist yet stand here too, so that they start inside the rules.
const TABLE: [(&str, Allowed); 23] = [
    ("domain", Allowed::These(&[])),
    ("ports", Allowed::These(&["domain"])),
    ("app", CORE),
    ("rollout", Allowed::These(&[])),
    ("adapter-search", CORE),
    ("adapter-sqlite", CORE),
    ("adapter-postgres", CORE),
    ("adapter-redis", CORE),
    ("adapter-memory", CORE),
    (
        "adapter-openai",
        Allowed::These(&["domain", "outgoing-http", "ports"]),
    ),
    ("outgoing-http", Allowed::These(&[])),
    // What it sends carries a token of ours.
    (
        "adapter-command-center",
        Allowed::These(&["auth", "domain", "outgoing-http", "ports"]),
    ),
    (
        "adapter-prometheus",
        Allowed::These(&["outgoing-http", "rollout"]),
    ),
    ("adapter-haproxy", Allowed::These(&["rollout"])),
    ("auth", Allowed::These(&["domain"])),
    (
        "http-api",
        Allowed::These(&["domain", "ports", "app", "auth", "telemetry"]),
    ),
    // It sends traces.
    ("telemetry", Allowed::These(&["outgoing-http"])),
    ("configuration", Allowed::These(&[])),
    ("server", Allowed::All),
    ("testkit", CORE),
    // It measures the engine alone: the server is measured from outside, as a process.
    (
        "search-bench",
        Allowed::These(&["adapter-search", "app", "domain", "ports"]),
    ),
    // The server with faults: no part of it is the server's.
    ("rehearsal-server", Allowed::These(&["http-api", "server"])),
    // It drives use cases and stores, but never the HTTP shell nor the server.
    (
        "xtask",
        Allowed::AdaptersAnd(&[
            "app",
            "auth",
            "configuration",
            "domain",
            "outgoing-http",
            "ports",
            "rollout",
            "testkit",
        ]),
    ),
];

/// Never a part of what is shipped.
const DEVELOPMENT_ONLY: [&str; 4] = ["rehearsal-server", "search-bench", "testkit", "xtask"];

/// `domain` is pure: no runtime, no database, no web framework. A name ending in `*` stands for all with that beginning.
const KEPT_OUT_OF_DOMAIN: [&str; 16] = [
    "actix*",
    "async*",
    "bb8*",
    "crossbeam*",
    "diesel*",
    "futures*",
    "hyper*",
    "log",
    "moka",
    "rand",
    "redis",
    "reqwest",
    "smol",
    "tokio*",
    "tracing*",
    "ureq",
];

/// `None` for a crate without a row.
pub(super) fn row(package: &str) -> Option<Allowed> {
    TABLE
        .iter()
        .find(|(name, _)| *name == package)
        .map(|(_, allowed)| *allowed)
}

impl Allowed {
    /// Whether the table lets a crate be built with `dependency`.
    pub(super) fn permits(self, dependency: &str) -> bool {
        match self {
            Self::These(names) => names.contains(&dependency),
            Self::All => !DEVELOPMENT_ONLY.contains(&dependency),
            Self::AdaptersAnd(names) => is_adapter(dependency) || names.contains(&dependency),
        }
    }
}

/// Whether tests of any crate may use `dependency`: they may be set up with the testkit and with real adapters.
pub(super) fn permits_in_tests(dependency: &str) -> bool {
    dependency == "testkit" || is_adapter(dependency)
}

/// Whether a crate of other people would make `domain` impure.
pub(super) fn is_kept_out_of_domain(dependency: &str) -> bool {
    KEPT_OUT_OF_DOMAIN
        .iter()
        .any(|banned| match banned.strip_suffix('*') {
            Some(beginning) => dependency.starts_with(beginning),
            None => dependency == *banned,
        })
}

fn is_adapter(package: &str) -> bool {
    package.starts_with("adapter-")
}
