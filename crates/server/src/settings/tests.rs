//! The configuration is complete, strict, and tells everything that is wrong at once.

use std::collections::HashMap;

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let map: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::from_variables(move |name| map.get(name).cloned())
}

fn errors(variables: &[(&str, &str)]) -> String {
    load(variables).expect_err("must be refused").to_string()
}

const STRONG: &str = "5d1f0a9be37c4486a2d0c7735b9e6412f8ac03d96e1b47a5";

#[test]
fn the_defaults_serve_on_the_loopback_with_a_random_secret() {
    let settings = load(&[]).expect("defaults are valid");
    assert_eq!(
        (settings.host.as_str(), settings.port, settings.admin_port),
        ("127.0.0.1", 5000, 9464)
    );
    assert!(settings.secret_is_random);
    assert_eq!(settings.tokens, TokenSettings::default());
    let secret = || random_secret().expect("random bytes");
    assert_ne!(secret().expose_secret(), secret().expose_secret());
}

#[test]
fn an_empty_variable_counts_as_unset() {
    assert_eq!(
        load(&[("PORT", ""), ("JWT_SECRET", " ")])
            .expect("valid")
            .port,
        5000
    );
}

#[test]
fn every_error_is_told_at_once_with_its_name() {
    let text = errors(&[
        ("PORT", "70000"),
        ("JWT_REQUIRE_JTI", "yes"),
        ("JWT_CLOCK_SKEW_TOLERANCE", "-1"),
        ("APP_ENV", "prod"),
        ("JWT_ALGORITHM", "none"),
        ("LOG_LEVEL", "lo=ud=er"),
        ("DATABASE_URL", "mysql://x"),
        ("HOST", "nowhere.example"),
        ("ALLOWED_HOSTS", "api.example.org, https://api.example.org"),
        ("CORS_ORIGINS", "https://app.example.org/"),
    ]);
    for name in [
        "PORT",
        "JWT_REQUIRE_JTI",
        "JWT_CLOCK_SKEW_TOLERANCE",
        "APP_ENV",
        "JWT_ALGORITHM",
        "LOG_LEVEL",
        "DATABASE_URL",
        "HOST",
        "ALLOWED_HOSTS",
        "CORS_ORIGINS",
    ] {
        assert!(
            text.contains(&format!("\n  {name}: ")),
            "{name} is missing in {text}"
        );
    }
}

#[test]
fn production_needs_a_strong_secret() {
    assert!(errors(&[("APP_ENV", "production")]).contains("JWT_SECRET: is required"));
    assert!(errors(&[("APP_ENV", "production"), ("JWT_SECRET", "short")]).contains("JWT_SECRET"));
    let settings = load(&[("APP_ENV", "production"), ("JWT_SECRET", STRONG)]).expect("valid");
    assert_eq!(settings.host, "0.0.0.0");
    assert_eq!(settings.log_format, LogFormat::Json);
}

#[test]
fn secrets_never_print() {
    let settings = load(&[("JWT_SECRET", STRONG)]).expect("valid");
    assert!(!settings.redacted().contains(STRONG));
    assert!(!format!("{settings:?}").contains(STRONG));
    assert!(settings.redacted().contains("JWT_SECRET=(set)"));
}

#[test]
fn files_refuse_unknown_keys_and_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("development.toml"),
        "prot = 1\njwt_secret = \"x\"\nport = 7000\n",
    )
    .expect("written");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    let text = errors(&[("CONFIG_DIR", &path)]);
    assert!(text.contains("`prot` is not a known setting"), "{text}");
    assert!(text.contains("`jwt_secret` is a secret"), "{text}");
    std::fs::write(folder.path().join("development.toml"), "port = 7000\n").expect("written");
    assert_eq!(load(&[("CONFIG_DIR", &path)]).expect("valid").port, 7000);
    assert_eq!(
        load(&[("CONFIG_DIR", &path), ("PORT", "7001")])
            .expect("valid")
            .port,
        7001
    );
    assert!(errors(&[("CONFIG_DIR", "/nonexistent/folder")]).contains("CONFIG_DIR"));
}

#[test]
fn ranking_and_synonyms_come_from_the_folder_where_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    load(&[("CONFIG_DIR", &path)]).expect("the built-in files serve");
    let wrong = adapter_search::DEFAULT_SEARCH.replace("saturation = 1.2", "saturation = \"a\"");
    std::fs::write(folder.path().join("search.toml"), wrong).expect("written");
    let text = errors(&[("CONFIG_DIR", &path)]);
    assert!(
        text.contains("search.toml") && text.contains("saturation"),
        "{text}"
    );
}

#[test]
fn earlier_secrets_still_verify_and_are_as_strong_as_the_one_that_signs() {
    let earlier = format!(" {} , x{STRONG}", STRONG.to_uppercase());
    let settings = load(&[
        ("APP_ENV", "production"),
        ("JWT_SECRET", STRONG),
        ("JWT_PREVIOUS_SECRETS", &earlier),
    ])
    .expect("valid");
    let ids: Vec<&str> = settings.token_keys.iter().map(TokenKey::id).collect();
    let expected = [
        STRONG.to_owned(),
        STRONG.to_uppercase(),
        format!("x{STRONG}"),
    ]
    .map(|secret| TokenKey::new(secret.into()).expect("a secret"));
    assert_eq!(ids, expected.each_ref().map(TokenKey::id));
    assert!(settings.redacted().contains("JWT_PREVIOUS_SECRETS=(2 set)"));
    let weak = errors(&[
        ("APP_ENV", "production"),
        ("JWT_SECRET", STRONG),
        ("JWT_PREVIOUS_SECRETS", "short"),
    ]);
    assert!(weak.contains("JWT_PREVIOUS_SECRETS: has 5 bytes"), "{weak}");
}

#[test]
fn limits_are_those_of_the_plan_unless_set() {
    let shown = load(&[]).expect("valid").redacted();
    for line in [
        "RATE_LIMIT_PUBLIC=60/minute",
        "RATE_LIMIT_AUTHENTICATED=300/minute",
        "RATE_LIMIT_ADMIN=1000/minute",
        "RATE_LIMIT_AGENT=50/minute",
        "RATE_LIMIT_PER_TOKEN=true",
        "RATE_LIMIT_PER_IP=true",
        "RATE_LIMIT_AUTH_FAILURE=30/minute",
        "EXPECTED_REPLICAS=3",
        "MAX_CONNECTIONS_PER_IP=256",
        "TRUSTED_PROXIES=\n",
    ] {
        assert!(shown.contains(line), "{line} is missing in {shown}");
    }
    let set = [
        ("RATE_LIMIT_PUBLIC", " 7 / second"),
        ("RATE_LIMIT_AGENT", "100/hour"),
        ("TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.7,fd00::/8"),
        ("TRUSTED_PROXY_HEADER", "forwarded"),
    ];
    let shown = load(&set).expect("valid").redacted();
    for line in [
        "RATE_LIMIT_PUBLIC=7/second\n",
        "RATE_LIMIT_AGENT=100/hour\n",
        "TRUSTED_PROXIES=10.0.0.0/8,192.0.2.7/32,fd00::/8\n",
        "TRUSTED_PROXY_HEADER=forwarded\n",
    ] {
        assert!(shown.contains(line), "{line} is missing in {shown}");
    }
}

#[test]
fn wrong_limits_are_refused_by_name() {
    for (name, wrong) in [
        ("RATE_LIMIT_PUBLIC", "60"),
        ("RATE_LIMIT_ADMIN", "0/minute"),
        ("RATE_LIMIT_AGENT", "5/day"),
        ("RATE_LIMIT_AUTHENTICATED", "-1/minute"),
        ("RATE_LIMIT_AUTH_FAILURE", "99999999/second"),
        ("RATE_LIMIT_PER_IP", "yes"),
        ("EXPECTED_REPLICAS", "0"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXY_HEADER", "x-real-ip"),
        ("MAX_CONNECTIONS_PER_IP", "0"),
    ] {
        let text = errors(&[(name, wrong)]);
        assert!(text.contains(&format!("\n  {name}: ")), "{name}: {text}");
    }
}

#[test]
fn a_level_that_means_nothing_is_refused() {
    assert!(errors(&[("LOG_LEVEL", "loud")]).contains("LOG_LEVEL"));
    load(&[("LOG_LEVEL", "warn,http_api=debug")]).expect("valid");
}

#[test]
fn metrics_never_share_the_public_port() {
    assert!(errors(&[("PORT", "9464")]).contains("ADMIN_PORT: must differ"));
}

#[test]
fn notices_go_to_the_command_center_and_to_nobody_else() {
    let url = ("COMMAND_CENTER_URL", "http://127.0.0.1:8000");
    let settings = load(&[url, ("SHARED_SECRET", STRONG)]).expect("valid");
    let center = settings.agents.center.expect("it is configured");
    assert_eq!(center.base_url, "http://127.0.0.1:8000");
    assert!(settings.agents.shared_key.is_some());
    assert!(load(&[]).expect("valid").agents.center.is_none());
    assert_eq!(center.issuer, "scholar-sync-agents");
    assert_eq!(center.audience, "auto-com-center");
    let named = load(&[url, ("JWT_ISSUER", "them"), ("JWT_AUDIENCE", "us")]).expect("valid");
    let center = named.agents.center.expect("it is configured");
    assert_eq!((&*center.issuer, &*center.audience), ("us", "them"));
    let refused = errors(&[url, ("JWT_ISSUER", "both"), ("JWT_AUDIENCE", "both")]);
    assert!(refused.contains("JWT_AUDIENCE: must differ"), "{refused}");
    let off = load(&[url, ("ORCHESTRATION_ENABLED", "false")]).expect("valid");
    assert!(off.agents.center.is_none());
    for wrong in ["center", "ftp://center.example", "http://me@center.example"] {
        let refused = errors(&[("COMMAND_CENTER_URL", wrong)]);
        assert!(refused.contains("COMMAND_CENTER_URL"), "{wrong}: {refused}");
    }
    let refused = errors(&[("COMMAND_CENTER_ALLOWED_ORIGINS", "https://a.example/path")]);
    assert!(
        refused.contains("COMMAND_CENTER_ALLOWED_ORIGINS"),
        "{refused}"
    );
}

#[test]
fn in_production_nothing_is_said_in_plain_text_across_foreign_networks() {
    let production = [
        ("APP_ENV", "production"),
        ("JWT_SECRET", STRONG),
        ("DATABASE_URL", "postgresql://user@host/db?sslmode=require"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&production[..], more].concat();
    let plain = ("COMMAND_CENTER_URL", "http://center.example");
    let refused = errors(&with(&[plain]));
    assert!(
        refused.contains("COMMAND_CENTER_URL: must be https in production"),
        "{refused}"
    );
    let allowed = ("COMMAND_CENTER_ALLOW_HTTP", "true");
    for accepted in [
        with(&[plain, allowed]),
        with(&[("COMMAND_CENTER_URL", "https://center.example")]),
        with(&[("COMMAND_CENTER_URL", "http://center.agents.svc:8000")]),
        vec![plain],
    ] {
        let settings = load(&accepted).expect("valid");
        assert!(settings.agents.center.is_some(), "{accepted:?}");
    }
    // It says nothing about whom a task may name.
    let origin = ("COMMAND_CENTER_ALLOWED_ORIGINS", "http://10.0.0.1");
    let refused = errors(&with(&[plain, allowed, origin]));
    assert!(
        refused.contains("COMMAND_CENTER_ALLOWED_ORIGINS: `http://10.0.0.1` must be https"),
        "{refused}"
    );
    assert!(!refused.contains("COMMAND_CENTER_URL"), "{refused}");
}

#[test]
fn unfinished_tasks_are_limited() {
    let limits = load(&[]).expect("valid").agents.limits;
    assert_eq!((limits.per_owner, limits.in_all), (10_000, 100_000));
    let set = [("AGENT_TASKS_PER_OWNER", "7"), ("AGENT_TASKS_IN_ALL", "7")];
    let limits = load(&set).expect("valid").agents.limits;
    assert_eq!((limits.per_owner, limits.in_all), (7, 7));
    let refused = errors(&[("AGENT_TASKS_IN_ALL", "7")]);
    assert!(refused.contains("AGENT_TASKS_PER_OWNER"), "{refused}");
    assert!(errors(&[("AGENT_TASKS_PER_OWNER", "0")]).contains("AGENT_TASKS_PER_OWNER"));
}

#[test]
fn postgres_and_redis_are_read_by_the_names_of_the_plan() {
    let settings = load(&[
        (
            "DATABASE_URL",
            "postgresql://user:hidden@host:5432/db?sslmode=require&connect_timeout=30",
        ),
        ("POSTGRES_MAX_CONNECTIONS", "7"),
        ("POSTGRES_POOL_MODE", "session"),
        ("POSTGRES_CONNECTION_TIMEOUT", "31"),
        ("POSTGRES_IDLE_TIMEOUT", "601"),
        ("POSTGRES_QUERY_TIMEOUT", "32"),
        ("REDIS_URL", "rediss://:hidden@host:6380"),
        ("REDIS_MAX_CONNECTIONS", "9"),
        ("REDIS_CONNECTION_TIMEOUT", "6"),
        ("REDIS_SOCKET_TIMEOUT", "7"),
        ("REDIS_TTL_DEFAULT", "1800"),
        ("REDIS_EVICTION_POLICY", "allkeys-lfu"),
        ("REDIS_MEMORY_POLICY", "maxmemory-policy allkeys-lfu"),
        ("REDIS_KEY_PREFIX", "staging"),
        ("INTERACTIONS_RETENTION_DAYS", "500"),
    ])
    .expect("valid");
    let shown = settings.redacted();
    for line in [
        "DATABASE_URL=postgresql://host:5432/db?sslmode=require\n",
        "POSTGRES_MAX_CONNECTIONS=7\n",
        "POSTGRES_POOL_MODE=session\n",
        "POSTGRES_CONNECTION_TIMEOUT=31\n",
        "POSTGRES_IDLE_TIMEOUT=601\n",
        "POSTGRES_QUERY_TIMEOUT=32\n",
        "INDEX_FILE=var/scholarship-api.index\n",
        "REDIS_URL=rediss://host:6380\n",
        "REDIS_MAX_CONNECTIONS=9\n",
        "REDIS_CONNECTION_TIMEOUT=6\n",
        "REDIS_SOCKET_TIMEOUT=7\n",
        "REDIS_TTL_DEFAULT=1800\n",
        "REDIS_EVICTION_POLICY=allkeys-lfu\n",
        "REDIS_KEY_PREFIX=staging\n",
        "INTERACTIONS_RETENTION_DAYS=500\n",
    ] {
        assert!(shown.contains(line), "{line} is missing in {shown}");
    }
    assert!(!shown.contains("hidden") && !format!("{settings:?}").contains("hidden"));
}

#[test]
fn wrong_values_of_the_stores_name_their_settings() {
    let text = errors(&[
        (
            "DATABASE_URL",
            "postgresql://user:hidden@host/db?sslmode=prefer",
        ),
        ("POSTGRES_MAX_CONNECTIONS", "0"),
        ("POSTGRES_POOL_MODE", "statement"),
        ("POSTGRES_CONNECTION_TIMEOUT", "0"),
        ("POSTGRES_IDLE_TIMEOUT", "x"),
        ("POSTGRES_QUERY_TIMEOUT", "-1"),
        ("REDIS_URL", "http://:hidden@host"),
        ("REDIS_MAX_CONNECTIONS", "0"),
        ("REDIS_CONNECTION_TIMEOUT", "0"),
        ("REDIS_SOCKET_TIMEOUT", "0"),
        ("REDIS_TTL_DEFAULT", "0"),
        ("REDIS_MEMORY_POLICY", "maxmemory-policy noeviction"),
        ("REDIS_CERTIFICATE_AUTHORITIES", "/nonexistent/ca.pem"),
        ("INTERACTIONS_RETENTION_DAYS", "30"),
    ]);
    for name in [
        "DATABASE_URL",
        "POSTGRES_MAX_CONNECTIONS",
        "POSTGRES_POOL_MODE",
        "POSTGRES_CONNECTION_TIMEOUT",
        "POSTGRES_IDLE_TIMEOUT",
        "POSTGRES_QUERY_TIMEOUT",
        "REDIS_URL",
        "REDIS_MAX_CONNECTIONS",
        "REDIS_CONNECTION_TIMEOUT",
        "REDIS_SOCKET_TIMEOUT",
        "REDIS_TTL_DEFAULT",
        "REDIS_MEMORY_POLICY",
        "REDIS_CERTIFICATE_AUTHORITIES",
        "INTERACTIONS_RETENTION_DAYS",
    ] {
        assert!(
            text.contains(&format!("\n  {name}: ")),
            "{name} is missing in {text}"
        );
    }
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn urls_with_passwords_only_come_from_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("development.toml"),
        "database_url = \"postgresql://user:hidden@host/db\"\nredis_url = \"redis://host\"\n",
    )
    .expect("written");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    let text = errors(&[("CONFIG_DIR", &path)]);
    assert!(text.contains("\n  DATABASE_URL: "), "{text}");
    assert!(text.contains("`redis_url` is a secret"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn the_index_file_lies_beside_the_store_unless_it_is_named() {
    let file = |variables: &[(&str, &str)]| load(variables).expect("valid").index_file;
    assert_eq!(
        file(&[("DATABASE_URL", "sqlite://a/b.db")]),
        PathBuf::from("a/b.db.index")
    );
    assert_eq!(
        file(&[("DATABASE_URL", "postgres://h/d"), ("INDEX_FILE", "/x/y")]),
        PathBuf::from("/x/y")
    );
}

#[test]
fn a_store_that_nobody_named_is_told_from_one_that_was() {
    let is_default = |variables: &[(&str, &str)]| {
        let settings = load(variables).expect("valid");
        settings.database_is_default
    };
    let default = "sqlite://var/scholarship-api.db";
    assert!(is_default(&[]));
    assert!(is_default(&[("DATABASE_URL", " ")]));
    assert!(!is_default(&[("DATABASE_URL", default)]));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    let file = folder.path().join("default.toml");
    for (url, expected) in [(default, true), ("sqlite://own.db", false)] {
        std::fs::write(&file, format!("database_url = {url:?}\n")).expect("written");
        assert_eq!(is_default(&[("CONFIG_DIR", &path)]), expected, "{url}");
    }
}
