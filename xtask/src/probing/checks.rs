//! Checks that several commands make.

use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::report::Check;
use super::{Answer, CannotProbe, Target, Tokens};

/// Milliseconds that 95 of 100 answers may take.
const SLOW: f64 = 200.0;

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

/// Equal requests whose latencies are judged together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) requests: usize,
    /// How many are under way at any time.
    pub(crate) at_once: usize,
    /// So many in 1,000 may fail.
    pub(crate) failed_of_1000: usize,
}

/// Nothing can be said with tokens that the service does not know.
///
/// # Errors
/// When it refuses a good one, or does not answer.
pub(crate) async fn token_is_accepted(target: &Target, tokens: &Tokens) -> Result<(), CannotProbe> {
    let answer = target.get("/health", Some(&tokens.good()?)).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        return Err(CannotProbe::TokenRefused(answer.shown()));
    }
    Ok(())
}

/// # Errors
/// As [`Target::get`]; so have all others here.
pub(crate) async fn security(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let mut checks = Vec::new();
    for (what, token) in tokens.bad()? {
        let answer = target.get("/health", Some(&token)).await?;
        checks.push(Check::new(
            format!("{what} on /health"),
            "401",
            answer.shown(),
            answer.status == StatusCode::UNAUTHORIZED,
        ));
    }
    let answer = target.get("/health", Some(&tokens.good()?)).await?;
    checks.push(Check::new(
        "a good token on /health",
        "200",
        answer.shown(),
        answer.status == StatusCode::OK,
    ));
    checks.extend(
        HEADERS
            .iter()
            .map(|(name, value)| header(&answer, name, value)),
    );
    let server = answer.header("server");
    checks.push(Check::new(
        "header server",
        "none",
        server.unwrap_or("none"),
        server.is_none(),
    ));
    Ok(checks)
}

fn header(answer: &Answer, name: &str, value: &str) -> Check {
    let found = answer.header(name);
    Check::new(
        format!("header {name}"),
        value,
        found.unwrap_or("none"),
        found == Some(value),
    )
}

/// # Errors
/// When a rate limit kept it from being measured, and nothing else was wrong.
pub(crate) async fn performance(
    target: &Target,
    token: &str,
    load: Load,
) -> Result<Vec<Check>, CannotProbe> {
    let (mut times, mut failed) = (Vec::with_capacity(load.requests), 0_usize);
    let mut limited = 0_usize;
    let mut answers = many(target, "/api/v1/scholarships", Some(token), load);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) if answer.status == StatusCode::OK => times.push(answer.milliseconds),
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => limited += 1,
            Err(CannotProbe::Limited(_)) => limited += 1,
            // It answered before, so that one who does not answer now has failed.
            Ok(_) | Err(_) => failed += 1,
        }
    }
    let is_good = failed * 1_000 <= load.failed_of_1000 * load.requests;
    if limited > 0 && is_good {
        let requests = load.requests;
        return Err(CannotProbe::LoadLimited { limited, requests });
    }
    let beside = match limited {
        0 => String::new(),
        some => format!(", and {some} refused by a rate limit (raise RATE_LIMIT_ADMIN)"),
    };
    times.sort_by(f64::total_cmp);
    let slow = times.iter().filter(|time| **time > SLOW).count();
    let at = times.len().saturating_sub(1) * 95 / 100;
    let p95 = times.get(at).copied().unwrap_or(f64::INFINITY);
    Ok(vec![
        Check::new(
            format!(
                "{} times /api/v1/scholarships, {} at once",
                load.requests, load.at_once
            ),
            match load.failed_of_1000 {
                0 => "all 200".to_owned(),
                some => format!("200, but for {some} in 1,000 at most"),
            },
            format!("{failed} otherwise{beside}"),
            is_good,
        ),
        Check::new(
            format!("answers slower than {SLOW:.0} ms"),
            "5 % at most",
            format!("{slow} of {}, p95 {p95:.1} ms", times.len()),
            !times.is_empty() && slow * 20 <= times.len(),
        ),
    ])
}

pub(crate) async fn availability(
    target: &Target,
    tokens: &Tokens,
) -> Result<Vec<Check>, CannotProbe> {
    let token = tokens.good()?;
    Ok(vec![
        status(target, "/healthz", "healthy", Some(&token)).await?,
        status(target, "/readyz", "ready", Some(&token)).await?,
    ])
}

/// Whether it says of itself what it should.
pub(crate) async fn status(
    target: &Target,
    path: &str,
    expected: &str,
    token: Option<&str>,
) -> Result<Check, CannotProbe> {
    let answer = target.get(path, token).await?;
    let status = answer.member("status");
    Ok(Check::new(
        path,
        format!("200 {expected}"),
        format!(
            "{} {}",
            answer.status.as_u16(),
            status.as_str().unwrap_or("without a status")
        ),
        answer.status == StatusCode::OK && status == expected,
    ))
}

/// Answers of equal requests, some of which are under way at once.
pub(crate) struct Answers {
    target: Target,
    path: &'static str,
    token: Option<String>,
    left: usize,
    asking: JoinSet<Result<Answer, CannotProbe>>,
}

pub(crate) fn many(
    target: &Target,
    path: &'static str,
    token: Option<&str>,
    load: Load,
) -> Answers {
    let mut answers = Answers {
        target: target.clone(),
        path,
        token: token.map(str::to_owned),
        left: load.requests,
        asking: JoinSet::new(),
    };
    for _ in 0..load.at_once {
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

    pub(crate) async fn next(&mut self) -> Option<Result<Answer, CannotProbe>> {
        let ended = self.asking.join_next().await?;
        self.ask();
        // A task that panicked is a bug here; the probe ends with it.
        ended.ok()
    }
}
