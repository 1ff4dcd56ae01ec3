//! Users of the drill: they do whatever the servers count, so that every query has something to show.

use std::time::Duration;

use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings};
use ports::Clock as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{AGENTS_SECRET, SECRET};
use crate::http_connection::{get, post};
use crate::system_clock::SystemClock;

/// Longer than a drill takes in which all goes as expected, and no longer than the servers accept.
const LIFETIME: Duration = Duration::from_secs(1_800);
/// Questions that are asked again and again. No multiple of the forty requests, so that each of them has its turn.
const REMEMBERED: u64 = 49;

pub(super) struct Users {
    scholarships: Vec<String>,
    /// Of the Command Center, which hears of tasks.
    callbacks: String,
    student: String,
    admin: String,
    agents: Minter,
}

impl Users {
    /// Users who know of these scholarships.
    ///
    /// # Errors
    ///
    /// When no tokens can be made.
    pub(super) fn new(scholarships: Vec<String>, callbacks: String) -> anyhow::Result<Self> {
        let minter = |secret: &str| -> anyhow::Result<Minter> {
            let key = TokenKey::new(secret.into())?;
            Ok(Minter::new(TokenSettings::default(), &key))
        };
        let people = minter(SECRET)?;
        let token = |role, subject| people.mint(&wish(role, subject, ""), SystemClock.now());
        Ok(Self {
            student: token(Role::Student, "ada")?,
            admin: token(Role::Admin, "editor")?,
            agents: minter(AGENTS_SECRET)?,
            scholarships,
            callbacks,
        })
    }

    /// The request of this number. Of forty in a row, most are searches, recommendations and questions that were asked before: of
    /// these some alerts want a hundred in a short window, of each version.
    pub(super) fn request(&self, number: u64) -> Vec<u8> {
        let id = self.scholarship(number);
        let (student, admin) = (Some(self.student.as_str()), Some(self.admin.as_str()));
        match number % 40 {
            0 | 20 => get("/api/v1/search?q=nursing&states=NV&limit=20", None),
            5 | 25 => get("/api/v1/search?q=engneering&limit=10", None),
            10 => get(
                "/api/v1/search?q=computer%20science&facets=states&limit=10",
                None,
            ),
            15 => post_json("/api/v1/search", None, &json!({"query": "music"})),
            // Nobody has a prize for that.
            30 => get("/api/v1/search?q=qqxzvwqqkj&limit=10", None),
            35 => get("/api/v1/scholarships?limit=10", None),
            2 => get("/api/v1/search/suggestions?q=eng", None),
            7 => get(&format!("/api/v1/scholarships/{id}"), None),
            1 | 6 | 11 | 16 => get(
                "/api/v1/recommendations?gpa=3.4&state_of_residence=NV&limit=10",
                None,
            ),
            21 | 26 | 31 | 36 => {
                let wish = json!({"profile": profile(), "limit": 5});
                post_json("/api/v1/recommendations", None, &wish)
            }
            12 => get(
                &format!("/api/v1/eligibility/check?gpa=3.4&scholarship_ids={id}"),
                None,
            ),
            17 => {
                let wish = json!({"profile": profile(), "scholarship_ids": [id]});
                post_json("/api/v1/eligibility/check", None, &wish)
            }
            22 => post_json(
                "/api/v1/interactions",
                student,
                &interaction("view", number, id),
            ),
            27 => post_json(
                "/api/v1/interactions",
                student,
                &interaction("recommendation_click", number, id),
            ),
            // Each of these goes to the model; the next ones were asked before, of either server.
            3 | 13 | 23 | 33 => question(number + REMEMBERED),
            4 | 8 | 9 | 14 | 18 | 19 | 24 | 28 | 29 => question(number % REMEMBERED),
            32 | 37 => get("/api/v1/analytics/summary", admin),
            34 => self.task(number),
            38 => get("/api/v1/interactions/mine", Some("no token")),
            _ => get("/ai/status", None),
        }
    }

    fn scholarship(&self, number: u64) -> &str {
        let count = self.scholarships.len().max(1);
        let at = usize::try_from(number).unwrap_or(0) % count;
        self.scholarships.get(at).map_or("unknown", String::as_str)
    }

    /// Each with a token of its own, as they are good for one task.
    fn task(&self, number: u64) -> Vec<u8> {
        let id = format!("drill-{}-{number}", Uuid::new_v4().simple());
        let wish = wish(Role::Agent, "planner", "agent:tasks");
        let token = self.agents.mint(&wish, SystemClock.now());
        let task = json!({
            "task_id": id,
            "action": "scholarship_api.search",
            "payload": {"query": "nursing", "pagination": {"page": 1, "size": 5}},
            "reply_to": format!("{}/orchestrator/tasks/{id}/callback", self.callbacks),
        });
        post_json("/agent/task", token.ok().as_deref(), &task)
    }
}

fn wish(role: Role, subject: &str, scopes: &str) -> MintRequest {
    MintRequest {
        subject: subject.to_owned(),
        role,
        scopes: ScopeSet::from_claim(scopes),
        lifetime: LIFETIME,
        token_id: Uuid::new_v4().to_string(),
    }
}

fn profile() -> Value {
    json!({"gpa": 3.4, "state_of_residence": "NV"})
}

fn interaction(kind: &str, number: u64, scholarship: &str) -> Value {
    let id = format!("{kind}-{number}");
    json!({"id": id, "kind": kind, "scholarship_id": scholarship})
}

fn post_json(target: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    post(target, token, &body.to_string())
}

fn question(number: u64) -> Vec<u8> {
    let query = format!("nursing {}", letters(number));
    post_json("/ai/enhance-search", None, &json!({"query": query}))
}

/// A number as a word: figures could be taken for an amount or a telephone number.
fn letters(mut number: u64) -> String {
    let mut word = String::new();
    while number > 0 {
        let letter = u8::try_from(number % 26).unwrap_or(0);
        word.push(char::from(b'a' + letter));
        number /= 26;
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn questions_that_the_model_has_not_heard_are_words_of_their_own() {
        let words: BTreeSet<String> = (0..5_000).map(letters).collect();
        assert_eq!(words.len(), 5_000);
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        );
    }
}
