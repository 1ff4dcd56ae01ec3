//! What each gate asks of the service.

use reqwest::StatusCode;

use super::GateName;
use crate::probing::checks::{self, Load, many};
use crate::probing::report::Check;
use crate::probing::{CannotProbe, Target, Tokens};

/// Requests that the latency is taken from.
const LOAD: Load = Load {
    requests: 300,
    at_once: 4,
    failed_of_1000: 0,
};
/// Share of the database's connections that may be in use.
const POOL_USE: f64 = 0.75;
/// Anonymous requests until one must have been refused: more than any sensible limit of a minute.
const FLOOD: Load = Load {
    requests: 2_000,
    at_once: 16,
    failed_of_1000: 1_000,
};

pub(super) async fn of(
    gate: GateName,
    target: &Target,
    tokens: &Tokens,
) -> Result<Vec<Check>, CannotProbe> {
    match gate {
        GateName::Security => checks::security(target, tokens).await,
        GateName::Performance => checks::performance(target, &tokens.good()?, LOAD).await,
        GateName::Availability => checks::availability(target, tokens).await,
        GateName::Database => database(target, tokens).await,
        GateName::Ai => ai(target, tokens).await,
        GateName::RateLimits => rate_limits(target).await,
    }
}

async fn database(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let answer = target.get("/db/status", Some(&tokens.good()?)).await?;
    let usage = answer.member("pool_usage").as_f64();
    Ok(vec![Check::new(
        "pool_usage of /db/status",
        format!("below {POOL_USE}"),
        usage.map_or_else(|| answer.shown(), |usage| format!("{usage:.3}")),
        answer.status == StatusCode::OK && usage.is_some_and(|usage| usage < POOL_USE),
    )])
}

async fn ai(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let answer = target.get("/ai/status", Some(&tokens.good()?)).await?;
    let available = answer.member("ai_service_available");
    let found = match available.as_bool() {
        Some(true) => "true".to_owned(),
        Some(false) => "false; without a model on purpose: --waive ai".to_owned(),
        None => answer.shown(),
    };
    Ok(vec![Check::new(
        "ai_service_available of /ai/status",
        "true",
        found,
        answer.status == StatusCode::OK && available == true,
    )])
}

async fn rate_limits(target: &Target) -> Result<Vec<Check>, CannotProbe> {
    let mut asked = 0_usize;
    let mut answers = many(target, "/", None, FLOOD);
    let mut refused = None;
    while let Some(answer) = answers.next().await {
        let answer = answer?;
        asked += 1;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let wait = refused
        .as_ref()
        .and_then(|answer| answer.header("retry-after"));
    let is_number = wait.is_some_and(|text| text.parse::<u32>().is_ok());
    Ok(vec![
        Check::new(
            "anonymous callers of /",
            format!("429 within {} requests", FLOOD.requests),
            match &refused {
                Some(answer) => format!("{} after {asked} requests", answer.shown()),
                None => format!("none of {asked} was refused"),
            },
            refused.is_some(),
        ),
        Check::new(
            "header retry-after of the 429",
            "seconds",
            wait.unwrap_or("none"),
            is_number,
        ),
    ])
}
