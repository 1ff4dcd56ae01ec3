//! Whether the time to a refusal tells how far a token came.

use std::path::Path;
use std::time::Instant;

use auth::TokenSettings;

use super::{SECRET, now, token};
use crate::bench::goals::Goal;
use crate::bench::median;
use crate::http_connection::Connection;
use crate::running_server::RunningServer;

/// The slowest median over the quickest.
const MOST: f64 = 1.2;

/// Tokens of one length that are refused at different places, asked in turn over one connection.
pub(super) async fn measure(binary: &Path, quick: bool) -> anyhow::Result<Goal> {
    let rounds = if quick { 500 } else { 5_000 };
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("store.db");
    let server = RunningServer::start(binary, &store, &[("JWT_SECRET", SECRET)])?;
    let tokens = tokens()?;
    let requests: Vec<Vec<u8>> = tokens
        .iter()
        .map(|(_, token)| {
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n")
                .into_bytes()
        })
        .collect();
    let mut connection = Connection::open(server.address()).await?;
    let mut times = vec![Vec::with_capacity(rounds); requests.len()];
    for _ in 0..rounds {
        for (request, times) in requests.iter().zip(&mut times) {
            let asked = Instant::now();
            let (status, _) = connection.ask(request).await?;
            times.push(asked.elapsed().as_secs_f64() * 1e6);
            anyhow::ensure!(status == 401, "a hostile token was answered with {status}");
        }
    }
    server.stop()?;
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    anyhow::ensure!(
        medians.iter().all(|median| *median > 0.0),
        "nothing was timed"
    );
    let slowest = medians.iter().copied().fold(0.0, f64::max);
    let quickest = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let each: Vec<String> = tokens
        .iter()
        .zip(&medians)
        .map(|((name, _), median)| format!("{name} {median:.0}"))
        .collect();
    Ok(Goal {
        name: "refusals of tokens of one length, slowest median over quickest",
        bound: format!("≤ {MOST}"),
        measured: format!("{:.2} (us: {})", slowest / quickest, each.join(", ")),
        is_met: slowest / quickest <= MOST,
    })
}

fn tokens() -> anyhow::Result<Vec<(&'static str, String)>> {
    let now = now();
    let settings = TokenSettings::default;
    let good = token(settings(), SECRET, now)?;
    let zeros = format!(
        "{}.{}",
        good.rsplit_once('.').map_or("", |(head, _)| head),
        "A".repeat(43)
    );
    let mut first_differs = good.clone().into_bytes();
    let signature = good.rfind('.').unwrap_or(0) + 1;
    first_differs[signature] = if first_differs[signature] == b'A' {
        b'B'
    } else {
        b'A'
    };
    let mut last_differs = good.clone().into_bytes();
    // Not the last letter, whose lowest bits must be zero.
    let at = last_differs.len() - 2;
    last_differs[at] = if last_differs[at] == b'A' { b'B' } else { b'A' };
    let other_issuer = TokenSettings {
        issuer: "auto-com-centre".to_owned(),
        ..settings()
    };
    let other_audience = TokenSettings {
        audience: "scholar-sync-agentz".to_owned(),
        ..settings()
    };
    let mut swapped_algorithm = good.clone();
    swapped_algorithm.replace_range(..4, "eyJA");
    Ok(vec![
        ("another secret", token(settings(), "another secret", now)?),
        ("zeros", zeros),
        ("first letter", String::from_utf8(first_differs)?),
        ("last letter", String::from_utf8(last_differs)?),
        (
            "expired",
            token(settings(), SECRET, now - chrono::TimeDelta::hours(1))?,
        ),
        (
            "too early",
            token(settings(), SECRET, now + chrono::TimeDelta::hours(1))?,
        ),
        ("issuer", token(other_issuer, SECRET, now)?),
        ("audience", token(other_audience, SECRET, now)?),
        ("no header", swapped_algorithm),
    ])
}
