//! The configuration: read from files and environment variables, typed, and checked as a whole.
//!
//! Every setting has one name; docs/configuration.md lists them all. Secrets only come from the environment and never print.

mod agents;
mod assistant;
mod callers;
mod limits;
mod metrics;
mod stores;
mod traces;

use std::path::PathBuf;
use std::time::Duration;

use adapter_redis::RedisSettings;
use adapter_search::SearchSettings;
use app::retention;
use auth::{TokenKey, TokenSettings, secret_weakness};
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretString};
use telemetry::{LogFormat, TraceSettings};

pub use agents::AgentSettings;
pub use assistant::{AssistantSettings, ModelConnection};
pub use configuration::SettingsError;
use configuration::{Reader, read_settings};
use domain::hexadecimal;
pub use limits::Limits;
pub use metrics::MetricSettings;
pub use stores::Database;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Staging,
    Production,
}

impl Environment {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// When the sample catalogue is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleCatalogue {
    /// Into an empty SQLite store outside production.
    Auto,
    On,
    Off,
}

/// Everything that a start needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub admin_port: u16,
    pub environment: Environment,
    /// The `version` label of metrics.
    pub version: String,
    pub database: Database,
    /// Nobody said where the store is.
    pub database_is_default: bool,
    pub index_file: PathBuf,
    /// `None`: nothing is shared between replicas.
    pub redis: Option<RedisSettings>,
    /// What `cargo xtask retention` goes by; only checked here.
    pub interactions_retention_days: u64,
    /// From `search.toml` and `synonyms.txt`.
    pub search: SearchSettings,
    pub follow_interval: Duration,
    pub sample_catalogue: SampleCatalogue,
    pub tokens: TokenSettings,
    pub token_keys: Vec<TokenKey>,
    /// The secret was made for this run only.
    pub secret_is_random: bool,
    pub limits: Limits,
    pub assistant: AssistantSettings,
    pub agents: AgentSettings,
    pub metrics: MetricSettings,
    pub allowed_hosts: Vec<String>,
    pub cors_origins: Vec<String>,
    pub request_timeout: Duration,
    /// 0: one per core.
    pub http_workers: usize,
    /// From the signal until no connection is taken any more.
    pub shutdown_delay: Duration,
    pub shutdown_timeout: Duration,
    pub log_level: String,
    pub log_format: LogFormat,
    /// `None`: nobody collects them.
    pub traces: Option<TraceSettings>,
}

impl Settings {
    /// Reads the configuration of this process.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong.
    pub fn load() -> Result<Self, SettingsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads the configuration with the given environment variables; an empty one counts as unset.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String> + 'static,
    ) -> Result<Self, SettingsError> {
        read_settings(variable, read)
    }

    /// The settings in effect, one `NAME=value` a line, without secrets.
    pub fn redacted(&self) -> String {
        let secret = if self.secret_is_random {
            "(random, for this run only)"
        } else {
            "(set)"
        };
        let tokens = &self.tokens;
        let mut shown = vec![
            ("APP_ENV", self.environment.as_str().to_owned()),
            ("APP_VERSION", self.version.clone()),
            ("HOST", self.host.clone()),
            ("PORT", self.port.to_string()),
            ("ADMIN_PORT", self.admin_port.to_string()),
        ];
        shown.extend(stores::shown(
            &self.database,
            &self.index_file,
            self.redis.as_ref(),
        ));
        shown.extend([
            (
                "INTERACTIONS_RETENTION_DAYS",
                self.interactions_retention_days.to_string(),
            ),
            (
                "FOLLOW_INTERVAL_MS",
                self.follow_interval.as_millis().to_string(),
            ),
            (
                "SAMPLE_CATALOGUE",
                format!("{:?}", self.sample_catalogue).to_ascii_lowercase(),
            ),
            ("JWT_SECRET", secret.to_owned()),
            (
                "JWT_PREVIOUS_SECRETS",
                format!("({} set)", self.token_keys.len().saturating_sub(1)),
            ),
            ("JWT_ISSUER", tokens.issuer.clone()),
            ("JWT_AUDIENCE", tokens.audience.clone()),
            ("JWT_ALGORITHM", "HS256".to_owned()),
            (
                "JWT_CLOCK_SKEW_TOLERANCE",
                tokens.clock_skew.as_secs().to_string(),
            ),
            ("JWT_REQUIRE_JTI", tokens.require_jti.to_string()),
            ("JWT_REQUIRE_NBF", tokens.require_nbf.to_string()),
            (
                "JWT_TOKEN_LIFETIME",
                tokens.maximum_lifetime.as_secs().to_string(),
            ),
        ]);
        shown.extend(limits::shown(&self.limits));
        shown.extend(assistant::shown(&self.assistant));
        shown.extend(agents::shown(&self.agents));
        shown.extend(metrics::shown(&self.metrics));
        shown.extend([
            ("ALLOWED_HOSTS", self.allowed_hosts.join(",")),
            ("CORS_ORIGINS", self.cors_origins.join(",")),
            (
                "REQUEST_TIMEOUT",
                self.request_timeout.as_secs().to_string(),
            ),
            ("HTTP_WORKERS", self.http_workers.to_string()),
            ("SHUTDOWN_DELAY", self.shutdown_delay.as_secs().to_string()),
            (
                "SHUTDOWN_TIMEOUT",
                self.shutdown_timeout.as_secs().to_string(),
            ),
            ("LOG_LEVEL", self.log_level.clone()),
            (
                "LOG_FORMAT",
                format!("{:?}", self.log_format).to_ascii_lowercase(),
            ),
        ]);
        shown.extend(traces::shown(self.traces.as_ref()));
        shown
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect()
    }
}

fn read(reader: &mut Reader<'_>) -> Settings {
    let environments = [
        ("development", Environment::Development),
        ("staging", Environment::Staging),
        ("production", Environment::Production),
    ];
    let environment = reader.choice("APP_ENV", &environments, Environment::Development);
    let sample_choices = [
        ("auto", SampleCatalogue::Auto),
        ("on", SampleCatalogue::On),
        ("off", SampleCatalogue::Off),
    ];
    let (token_keys, secret_is_random) = token_keys(reader, environment);
    let host = reader.text("HOST");
    if host.parse::<std::net::IpAddr>().is_err() && host != "localhost" {
        reader.refuse(
            "HOST",
            format!(
                "must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0, not `{host}`"
            ),
        );
    }
    let (port, admin_port) = (reader.port("PORT"), reader.port("ADMIN_PORT"));
    if port == admin_port && port != 0 {
        reader.refuse(
            "ADMIN_PORT",
            "must differ from PORT: metrics are never on the public listener",
        );
    }
    if reader.text("JWT_ALGORITHM") != "HS256" {
        reader.refuse("JWT_ALGORITHM", "must be HS256");
    }
    let log_level = reader.text("LOG_LEVEL");
    if let Err(error) = telemetry::check_level(&log_level) {
        reader.refuse("LOG_LEVEL", error.to_string());
    }
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let database = stores::database(reader);
    let request_timeout = reader.seconds("REQUEST_TIMEOUT", 1, 300);
    let tokens = TokenSettings {
        issuer: reader.text("JWT_ISSUER"),
        audience: reader.text("JWT_AUDIENCE"),
        clock_skew: reader.seconds(
            "JWT_CLOCK_SKEW_TOLERANCE",
            0,
            TokenSettings::LARGEST_CLOCK_SKEW.as_secs(),
        ),
        require_jti: reader.truth("JWT_REQUIRE_JTI"),
        require_nbf: reader.truth("JWT_REQUIRE_NBF"),
        maximum_lifetime: reader.seconds(
            "JWT_TOKEN_LIFETIME",
            1,
            TokenSettings::LONGEST_LIFETIME.as_secs(),
        ),
    };
    Settings {
        host,
        port,
        admin_port,
        environment,
        version: reader
            .optional("APP_VERSION")
            .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        index_file: stores::index_file(reader, &database),
        redis: stores::redis(reader, &database),
        database,
        database_is_default: !reader.layers.is_set("DATABASE_URL"),
        interactions_retention_days: reader.number(
            retention::SETTING,
            retention::FEWEST_DAYS,
            retention::MOST_DAYS,
        ),
        search: search(reader),
        follow_interval: Duration::from_millis(reader.number("FOLLOW_INTERVAL_MS", 10, 60_000)),
        sample_catalogue: reader.choice("SAMPLE_CATALOGUE", &sample_choices, SampleCatalogue::Auto),
        agents: agents::agents(reader, environment, token_keys.first(), &tokens),
        tokens,
        token_keys,
        secret_is_random,
        limits: limits::limits(reader),
        assistant: assistant::assistant(reader, request_timeout),
        metrics: metrics::metrics(reader),
        allowed_hosts: callers::hosts(reader),
        cors_origins: callers::origins(reader),
        request_timeout,
        http_workers: count(reader.number("HTTP_WORKERS", 0, 1_024)),
        shutdown_delay: reader.seconds("SHUTDOWN_DELAY", 0, 300),
        shutdown_timeout: reader.seconds("SHUTDOWN_TIMEOUT", 0, 300),
        log_level,
        log_format: reader.choice(
            "LOG_FORMAT",
            &[("json", LogFormat::Json), ("pretty", LogFormat::Pretty)],
            LogFormat::Pretty,
        ),
        traces: traces::traces(reader, environment),
    }
}

/// How search ranks: the files of the configuration folder, or what is built in.
fn search(reader: &mut Reader<'_>) -> SearchSettings {
    let ranking = reader
        .layers
        .file("search.toml", adapter_search::DEFAULT_SEARCH);
    let synonyms = reader
        .layers
        .file("synonyms.txt", adapter_search::DEFAULT_SYNONYMS);
    match (ranking, synonyms) {
        (Ok(ranking), Ok(synonyms)) => match SearchSettings::from_toml(&ranking, &synonyms) {
            Ok(settings) => return settings,
            Err(error) => reader.refuse("search.toml, synonyms.txt", error.to_string()),
        },
        (ranking, synonyms) => {
            let errors = ranking.err().into_iter().chain(synonyms.err());
            reader.errors.extend(errors);
        }
    }
    SearchSettings::default()
}

/// The keys of tokens, the one that signs first; in development that is made at random where none is given.
fn token_keys(reader: &mut Reader<'_>, environment: Environment) -> (Vec<TokenKey>, bool) {
    let given = reader.optional("JWT_SECRET").map(SecretString::from);
    let random = given.is_none();
    if random && environment != Environment::Development {
        reader.refuse(
            "JWT_SECRET",
            "is required; make one with `openssl rand -base64 48`",
        );
        return (Vec::new(), false);
    }
    let Some(secret) = given.or_else(random_secret) else {
        reader.refuse(
            "JWT_SECRET",
            "is required: the system gives no random bytes to make one",
        );
        return (Vec::new(), false);
    };
    let earlier = reader.list("JWT_PREVIOUS_SECRETS");
    let earlier = earlier
        .into_iter()
        .map(|secret| ("JWT_PREVIOUS_SECRETS", secret.into()));
    let mut keys = Vec::new();
    for (setting, secret) in std::iter::once(("JWT_SECRET", secret)).chain(earlier) {
        keys.extend(token_key(reader, environment, setting, secret));
    }
    (keys, random)
}

fn token_key(
    reader: &mut Reader<'_>,
    environment: Environment,
    setting: &str,
    secret: SecretString,
) -> Option<TokenKey> {
    if environment == Environment::Production
        && let Some(weakness) = secret_weakness(secret.expose_secret())
    {
        reader.refuse(setting, weakness.to_string());
    }
    match TokenKey::new(secret) {
        Ok(key) => Some(key),
        Err(error) => {
            reader.refuse(setting, error.to_string());
            None
        }
    }
}

/// 256 random bits, or nothing where the system has none.
fn random_secret() -> Option<SecretString> {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(hexadecimal(&bytes).into())
}

#[cfg(test)]
mod tests;
