//! Whether it counts, and tells nobody but those who may know.

use reqwest::StatusCode;

use crate::probing::report::Check;
use crate::probing::{CannotProbe, Target, Tokens};

const METRICS: &str = "/metrics";
/// The judge lives on it.
const COUNTER: &str = "http_requests_total";

pub(super) async fn checks(
    target: &Target,
    admin: Option<&Target>,
    tokens: &Tokens,
) -> Result<Vec<Check>, CannotProbe> {
    let public = target.get(METRICS, Some(&tokens.good()?)).await?;
    let hidden = Check::new(
        "/metrics on the public listener",
        "404",
        public.shown(),
        public.status == StatusCode::NOT_FOUND,
    );
    let what = "/metrics on the private listener";
    let expected = format!("200 with {COUNTER}");
    let Some(admin) = admin else {
        let unknown = Check::not_applicable(what, expected, "--admin was not named");
        return Ok(vec![hidden, unknown]);
    };
    let private = admin.get(METRICS, None).await?;
    let text = String::from_utf8_lossy(&private.body);
    let counts = text.lines().any(|line| line.starts_with(COUNTER));
    let found = if counts { "with" } else { "without" };
    let told = Check::new(
        what,
        expected,
        format!("{} {found} {COUNTER}", private.shown()),
        private.status == StatusCode::OK && counts,
    );
    Ok(vec![hidden, told])
}
