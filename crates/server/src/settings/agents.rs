//! Settings of the tasks of agents, and of the Command Center that hands them out.

use std::time::Duration;

use adapter_command_center::{CommandCenterSettings, check_base_url, check_origin, is_exposed};
use app::tasks::TaskLimits;
use auth::{TokenKey, TokenSettings};
use chrono::TimeDelta;
use configuration::Reader;

use super::{Environment, token_key};

#[derive(Debug, Clone)]
pub struct AgentSettings {
    /// `None`: nobody is told anything, and only tasks without `reply_to` are taken in.
    pub center: Option<CommandCenterSettings>,
    /// The first part of the name of each process.
    pub agent_id: String,
    /// Verifies tokens of agents beside the keys of all tokens; `None`: no other than those.
    pub shared_key: Option<TokenKey>,
    /// Tasks that one process works at at once.
    pub workers: usize,
    /// How long a task is kept after its end.
    pub kept_for: TimeDelta,
    /// How many tasks may wait or be worked at.
    pub limits: TaskLimits,
}

/// `own_key` signs what we say where there is no secret that is shared with the Command Center only.
pub(super) fn agents(
    reader: &mut Reader<'_>,
    environment: Environment,
    own_key: Option<&TokenKey>,
    tokens: &TokenSettings,
) -> AgentSettings {
    let shared_key = reader
        .optional("SHARED_SECRET")
        .and_then(|secret| token_key(reader, environment, "SHARED_SECRET", secret.into()));
    let is_enabled = reader.truth("ORCHESTRATION_ENABLED");
    let agent_id = reader.text("AGENT_ID");
    if !(1..=64).contains(&agent_id.len()) || agent_id.contains(|c: char| !c.is_ascii_graphic()) {
        reader.refuse("AGENT_ID", "must be 1 to 64 visible ASCII characters");
    }
    // Notices are lent for half a minute, and a delivery must end before.
    let timeout = reader.seconds("COMMAND_CENTER_TIMEOUT", 1, 20);
    let connect_timeout = reader.seconds("COMMAND_CENTER_CONNECT_TIMEOUT", 1, 20);
    let allowed_origins = reader.list("COMMAND_CENTER_ALLOWED_ORIGINS");
    for origin in &allowed_origins {
        if let Err(error) = check_origin(origin) {
            reader.refuse("COMMAND_CENTER_ALLOWED_ORIGINS", error.to_string());
        }
    }
    let url = reader.optional("COMMAND_CENTER_URL");
    if let Some(Err(error)) = url.as_deref().map(check_base_url) {
        reader.refuse("COMMAND_CENTER_URL", error.to_string());
    }
    let may_be_plain = reader.truth("COMMAND_CENTER_ALLOW_HTTP");
    if environment == Environment::Production {
        if !may_be_plain && url.as_deref().is_some_and(is_exposed) {
            let message = "must be https in production, since its host is none of a private network; COMMAND_CENTER_ALLOW_HTTP=true lets notices and their tokens travel in plain text";
            reader.refuse("COMMAND_CENTER_URL", message);
        }
        for origin in allowed_origins
            .iter()
            .filter(|origin| !origin.to_ascii_lowercase().starts_with("https://"))
        {
            let message = format!("`{origin}` must be https in production");
            reader.refuse("COMMAND_CENTER_ALLOWED_ORIGINS", message);
        }
    }
    if url.is_some() && tokens.issuer == tokens.audience {
        let message = "must differ from JWT_ISSUER where there is a COMMAND_CENTER_URL, or what is said to it could be sent back as an order";
        reader.refuse("JWT_AUDIENCE", message);
    }
    let center = url
        .filter(|_| is_enabled)
        .zip(shared_key.as_ref().or(own_key));
    // Senders are told for a day and some hours at most, and then the task may go.
    let days = reader.number("AGENT_TASK_RETENTION_DAYS", 2, 365);
    let workers = reader.number("AGENT_WORKERS", 1, 256);
    let limits = TaskLimits {
        per_owner: reader.number("AGENT_TASKS_PER_OWNER", 1, 10_000_000),
        in_all: reader.number("AGENT_TASKS_IN_ALL", 1, 10_000_000),
    };
    if limits.per_owner > limits.in_all {
        let message = "must be at most AGENT_TASKS_IN_ALL";
        reader.refuse("AGENT_TASKS_PER_OWNER", message);
    }
    AgentSettings {
        center: center.map(|(base_url, key)| CommandCenterSettings {
            allowed_origins,
            agent_id: agent_id.clone(),
            connect_timeout,
            timeout,
            // In its tokens to us they stand the other way round.
            issuer: tokens.audience.clone(),
            audience: tokens.issuer.clone(),
            ..CommandCenterSettings::new(base_url, key.clone())
        }),
        agent_id,
        shared_key,
        workers: usize::try_from(workers).unwrap_or(1),
        kept_for: TimeDelta::days(i64::try_from(days).unwrap_or(1)),
        limits,
    }
}

/// The settings in effect, by name.
pub(super) fn shown(settings: &AgentSettings) -> Vec<(&'static str, String)> {
    let secret = if settings.shared_key.is_some() {
        "(set)"
    } else {
        "(none: JWT_SECRET)"
    };
    let mut shown = vec![
        ("AGENT_ID", settings.agent_id.clone()),
        ("AGENT_WORKERS", settings.workers.to_string()),
        (
            "AGENT_TASKS_PER_OWNER",
            settings.limits.per_owner.to_string(),
        ),
        ("AGENT_TASKS_IN_ALL", settings.limits.in_all.to_string()),
        (
            "AGENT_TASK_RETENTION_DAYS",
            settings.kept_for.num_days().to_string(),
        ),
        ("SHARED_SECRET", secret.to_owned()),
        (
            "ORCHESTRATION_ENABLED",
            settings.center.is_some().to_string(),
        ),
    ];
    let Some(center) = &settings.center else {
        return shown;
    };
    let seconds = |time: Duration| time.as_secs().to_string();
    shown.extend([
        ("COMMAND_CENTER_URL", center.base_url.clone()),
        (
            "COMMAND_CENTER_ALLOWED_ORIGINS",
            center.allowed_origins.join(","),
        ),
        ("COMMAND_CENTER_TIMEOUT", seconds(center.timeout)),
        (
            "COMMAND_CENTER_CONNECT_TIMEOUT",
            seconds(center.connect_timeout),
        ),
    ]);
    shown
}
