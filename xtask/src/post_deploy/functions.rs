//! Whether it does what it is there for: lists, searches, checks of eligibility.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::probing::checks::availability;
use crate::probing::report::Check;
use crate::probing::{Answer, CannotProbe, Target, Tokens};

const SCHOLARSHIPS: &str = "/api/v1/scholarships";
const SEARCH: &str = "/api/v1/search";
const CHECK: &str = "/api/v1/eligibility/check";
const CAPABILITIES: &str = "/agent/capabilities";

pub(super) async fn checks(target: &Target, tokens: &Tokens) -> Result<Vec<Check>, CannotProbe> {
    let token = Some(tokens.good()?);
    let token = token.as_deref();
    let mut checks = availability(target, tokens).await?;
    let listed = target.get(SCHOLARSHIPS, token).await?;
    checks.push(not_empty(SCHOLARSHIPS, "data", &listed));
    let capabilities = target.get(CAPABILITIES, token).await?;
    checks.push(not_empty(CAPABILITIES, "capabilities", &capabilities));
    // What is in the catalogue must be found in it.
    let first = listed.member("data")[0].clone();
    let name = first["name"].as_str().unwrap_or("scholarship");
    let found = target.find(SEARCH, &[("q", name)], token).await?;
    checks.push(not_empty("a search for the first of them", "data", &found));
    checks.push(eligibility(target, &first, token).await?);
    Ok(checks)
}

fn not_empty(what: &str, member: &str, answer: &Answer) -> Check {
    let count = answer.member(member).as_array().map_or(0, Vec::len);
    Check::new(
        what,
        format!("200 with {member}"),
        format!("{}, {count} in {member}", answer.shown()),
        answer.status == StatusCode::OK && count > 0,
    )
}

async fn eligibility(
    target: &Target,
    scholarship: &Value,
    token: Option<&str>,
) -> Result<Check, CannotProbe> {
    let body = json!({
        "profile": {"gpa": 3.4, "state_of_residence": "NV"},
        "scholarship_ids": [scholarship["id"]],
    });
    let answer = target.post(CHECK, &body, token).await?;
    let verdict = answer.member("data")[0]["verdict"].clone();
    let verdict = verdict.as_str().unwrap_or("no verdict").to_owned();
    let is_verdict = ["eligible", "possible", "ineligible"].contains(&verdict.as_str());
    Ok(Check::new(
        format!("{CHECK} for the first of them"),
        "200 with a verdict",
        format!("{}, {verdict}", answer.shown()),
        answer.status == StatusCode::OK && is_verdict,
    ))
}
