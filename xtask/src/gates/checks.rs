//! What each gate asks of the service.

use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::GateName;
use super::probing::{Answer, CannotProbe, Target};
use super::report::Check;
use super::tokens::Tokens;

/// Requests that the latency is taken from, and how many are under way at once.
const REQUESTS: usize = 300;
const AT_ONCE: usize = 4;
/// Milliseconds that 95 of 100 answers may take.
const SLOW: f64 = 200.0;
/// Share of the database's connections that may be in use.
const POOL_USE: f64 = 0.75;
/// Anonymous requests until one must have been refused: more than any sensible limit of a minute.
const FLOOD: usize = 2_000;
const FLOOD_AT_ONCE: usize = 16;

/// As the rollout plan has them.
const HEADERS: [(&str, &str); 4] = [
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains; preload",
    ),
    (
        "content-security-policy",
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
];

/// Nothing can be said with tokens that the service does not know.
///
/// # Errors
/// When it refuses a good one, or does not answer.
pub(super) async fn token_is_accepted(target: &Target, tokens: &Tokens) -> Result<(), CannotProbe> {
    let answer = target.get("/health", Some(&tokens.good()?)).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        return Err(CannotProbe::TokenRefused(answer.shown()));
    }
    Ok(())
}

pub(super) async fn of(
    gate: GateName,
    target: &Target,
    tokens: &Tokens,
) -> Result<Vec<Check>, CannotProbe> {
    match gate {
        GateName::Security => security(target, tokens).await,
        GateName::Performance => performance(target, tokens).await,
        GateName::Availability => availability(target, tokens).await,
        GateName::Database => database(target, tokens).await,
        GateName::Ai => ai(target, tokens).await,
        GateName::RateLimits => rate_limits(target).await,
    }
}

async fn security(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let mut checks = Vec::new();
    for (what, token) in tokens.bad()? {
        let answer = target.get("/health", Some(&token)).await?;
        checks.push(Check {
            name: format!("{what} on /health"),
            expected: "401".to_owned(),
            is_passed: answer.status == StatusCode::UNAUTHORIZED,
            found: answer.shown(),
        });
    }
    let answer = target.get("/health", Some(&tokens.good()?)).await?;
    checks.push(Check {
        name: "a good token on /health".to_owned(),
        expected: "200".to_owned(),
        is_passed: answer.status == StatusCode::OK,
        found: answer.shown(),
    });
    checks.extend(
        HEADERS
            .iter()
            .map(|(name, value)| header(&answer, name, value)),
    );
    checks.push(Check {
        name: "header server".to_owned(),
        expected: "none".to_owned(),
        is_passed: answer.header("server").is_none(),
        found: answer.header("server").unwrap_or("none").to_owned(),
    });
    Ok(checks)
}

fn header(answer: &Answer, name: &str, value: &str) -> Check {
    let found = answer.header(name);
    Check {
        name: format!("header {name}"),
        expected: value.to_owned(),
        is_passed: found == Some(value),
        found: found.unwrap_or("none").to_owned(),
    }
}

async fn performance(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let token = tokens.good()?;
    let (mut times, mut failed) = (Vec::with_capacity(REQUESTS), 0_usize);
    let mut answers = many(
        target,
        "/api/v1/scholarships",
        Some(&token),
        REQUESTS,
        AT_ONCE,
    );
    while let Some(answer) = answers.next().await {
        let answer = answer?;
        if answer.status == StatusCode::OK {
            times.push(answer.milliseconds);
        } else {
            failed += 1;
        }
    }
    times.sort_by(f64::total_cmp);
    let slow = times.iter().filter(|time| **time > SLOW).count();
    let at = times.len().saturating_sub(1) * 95 / 100;
    let p95 = times.get(at).copied().unwrap_or(f64::INFINITY);
    Ok(vec![
        Check {
            name: format!("{REQUESTS} times /api/v1/scholarships"),
            expected: "all 200".to_owned(),
            is_passed: failed == 0,
            found: format!("{failed} otherwise"),
        },
        Check {
            name: format!("answers slower than {SLOW:.0} ms"),
            expected: "5 % at most".to_owned(),
            is_passed: !times.is_empty() && slow * 20 <= times.len(),
            found: format!("{slow} of {}, p95 {p95:.1} ms", times.len()),
        },
    ])
}

async fn availability(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let token = tokens.good()?;
    let mut checks = Vec::new();
    for (path, expected) in [("/healthz", "healthy"), ("/readyz", "ready")] {
        let answer = target.get(path, Some(&token)).await?;
        let status = answer.member("status");
        checks.push(Check {
            name: path.to_owned(),
            expected: format!("200 {expected}"),
            is_passed: answer.status == StatusCode::OK && status == expected,
            found: format!(
                "{} {}",
                answer.status.as_u16(),
                status.as_str().unwrap_or("without a status")
            ),
        });
    }
    Ok(checks)
}

async fn database(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let answer = target.get("/db/status", Some(&tokens.good()?)).await?;
    let usage = answer.member("pool_usage").as_f64();
    Ok(vec![Check {
        name: "pool_usage of /db/status".to_owned(),
        expected: format!("below {POOL_USE}"),
        is_passed: answer.status == StatusCode::OK && usage.is_some_and(|usage| usage < POOL_USE),
        found: usage.map_or_else(|| answer.shown(), |usage| format!("{usage:.3}")),
    }])
}

async fn ai(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let answer = target.get("/ai/status", Some(&tokens.good()?)).await?;
    let available = answer.member("ai_service_available");
    Ok(vec![Check {
        name: "ai_service_available of /ai/status".to_owned(),
        expected: "true".to_owned(),
        is_passed: answer.status == StatusCode::OK && available == true,
        found: if available.is_boolean() {
            available.to_string()
        } else {
            answer.shown()
        },
    }])
}

async fn rate_limits(target: &Target) -> Result<Vec<Check>, CannotProbe> {
    let mut asked = 0_usize;
    let mut answers = many(target, "/", None, FLOOD, FLOOD_AT_ONCE);
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
        Check {
            name: "anonymous callers of /".to_owned(),
            expected: format!("429 within {FLOOD} requests"),
            is_passed: refused.is_some(),
            found: match &refused {
                Some(answer) => format!("{} after {asked} requests", answer.shown()),
                None => format!("none of {asked} was refused"),
            },
        },
        Check {
            name: "header retry-after of the 429".to_owned(),
            expected: "seconds".to_owned(),
            is_passed: is_number,
            found: wait.unwrap_or("none").to_owned(),
        },
    ])
}

/// Answers of equal requests, some of which are under way at once.
struct Answers {
    target: Target,
    path: &'static str,
    token: Option<String>,
    left: usize,
    asking: JoinSet<Result<Answer, CannotProbe>>,
}

fn many(
    target: &Target,
    path: &'static str,
    token: Option<&str>,
    count: usize,
    at_once: usize,
) -> Answers {
    let mut answers = Answers {
        target: target.clone(),
        path,
        token: token.map(str::to_owned),
        left: count,
        asking: JoinSet::new(),
    };
    for _ in 0..at_once {
        answers.ask();
    }
    answers
}

impl Answers {
    fn ask(&mut self) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let (target, path, token) = (self.target.clone(), self.path, self.token.clone());
        self.asking
            .spawn(async move { target.get(path, token.as_deref()).await });
    }

    async fn next(&mut self) -> Option<Result<Answer, CannotProbe>> {
        let ended = self.asking.join_next().await?;
        self.ask();
        // A task that panicked is a bug here; the probe ends with it.
        ended.ok()
    }
}
