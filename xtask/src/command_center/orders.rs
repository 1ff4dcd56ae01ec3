//! Tasks to send.

use anyhow::{Context as _, bail};
use domain::Term as _;
use domain::task::TaskAction;
use serde_json::{Value, json};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) action: TaskAction,
    pub(super) payload: Value,
}

impl Order {
    /// Of pairs: an action, and words or a payload.
    ///
    /// # Errors
    /// When an action is not known, or what goes with it is no payload.
    pub(super) fn read_all(words: &[String]) -> anyhow::Result<Vec<Self>> {
        let pairs = words.chunks_exact(2);
        pairs.map(|pair| Self::read(&pair[0], &pair[1])).collect()
    }

    fn read(action: &str, what: &str) -> anyhow::Result<Self> {
        let Some(action) = action_of(action) else {
            bail!(
                "`{action}` is no action; there are search, eligibility, recommendations and analytics"
            );
        };
        let payload = if what.trim_start().starts_with('{') {
            serde_json::from_str(what).context("the payload must be JSON")?
        } else {
            match action {
                TaskAction::Search => json!({ "query": what }),
                TaskAction::Analytics => {
                    let days: u32 = what.parse().context("analytics take a number of days")?;
                    json!({ "days": days })
                }
                TaskAction::EligibilityCheck | TaskAction::Recommendations => {
                    bail!("{} takes JSON such as {}", action.code(), example(action))
                }
            }
        };
        Ok(Self { action, payload })
    }
}

/// By its code, with or without the name in front; an eligibility check by its first word, too.
fn action_of(word: &str) -> Option<TaskAction> {
    let full = match word {
        "eligibility" => "scholarship_api.eligibility_check".to_owned(),
        _ if word.contains('.') => word.to_owned(),
        _ => format!("scholarship_api.{word}"),
    };
    TaskAction::from_code(&full)
}

/// One task of each action.
pub(super) fn demonstration() -> impl Iterator<Item = Order> {
    TaskAction::ALL.iter().map(|action| Order {
        action: *action,
        payload: example(*action),
    })
}

fn example(action: TaskAction) -> Value {
    let profile = json!({
        "gpa": 3.6, "grade_level": "undergraduate_sophomore", "field_of_study": "engineering",
        "citizenship": "us_citizen", "state_of_residence": "TX",
    });
    match action {
        TaskAction::Search => {
            json!({"query": "nursing in Texas", "pagination": {"page": 1, "size": 5}})
        }
        TaskAction::EligibilityCheck => json!({ "profile": profile }),
        TaskAction::Recommendations => json!({"profile": profile, "limit": 5}),
        TaskAction::Analytics => json!({"days": 30}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(action: &str, what: &str) -> anyhow::Result<Order> {
        Order::read(action, what)
    }

    #[test]
    fn actions_have_short_and_long_names() {
        for (name, action) in [
            ("search", TaskAction::Search),
            ("scholarship_api.search", TaskAction::Search),
            ("eligibility", TaskAction::EligibilityCheck),
            ("eligibility_check", TaskAction::EligibilityCheck),
            ("recommendations", TaskAction::Recommendations),
            ("analytics", TaskAction::Analytics),
        ] {
            assert_eq!(read(name, "{}").unwrap().action, action);
        }
        let message = read("find", "x").unwrap_err().to_string();
        assert!(message.contains("search, eligibility"), "{message}");
    }

    #[test]
    fn words_become_payloads() {
        let search = read("search", "nursing in Texas").unwrap();
        assert_eq!(search.payload, json!({"query": "nursing in Texas"}));
        let analytics = read("analytics", "7").unwrap();
        assert_eq!(analytics.payload, json!({"days": 7}));
        let given = read("search", r#"{"query": "a", "pagination": {"size": 2}}"#).unwrap();
        assert_eq!(given.payload["pagination"]["size"], 2);
    }

    #[test]
    fn what_is_no_payload_is_an_error_that_shows_one() {
        assert!(read("analytics", "soon").is_err());
        assert!(read("search", "{").is_err());
        let message = read("recommendations", "me").unwrap_err().to_string();
        assert!(message.contains(r#""limit":5"#), "{message}");
    }

    #[test]
    fn the_demonstration_has_every_action() {
        let actions: Vec<TaskAction> = demonstration().map(|order| order.action).collect();
        assert_eq!(actions, TaskAction::ALL);
    }
}
