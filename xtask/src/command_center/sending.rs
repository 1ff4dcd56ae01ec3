//! Tasks on their way to a server.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use auth::{MintRequest, Minter, Role, Scope, TokenKey, TokenSettings};
use domain::Term as _;
use ports::Clock as _;
use serde_json::{Value, json};
use testkit::command_center_stub::CommandCenterStub;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::orders::Order;
use crate::reporting::cut;
use crate::system_clock::SystemClock;

/// Of a token, which is used at once.
const LIFETIME: Duration = Duration::from_secs(300);

/// How long an answer takes at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is shown of a sentence of the server.
const LONGEST_SENTENCE: usize = 400;

/// Between two looks for the server.
const PAUSE: Duration = Duration::from_millis(250);

/// What became of the tasks that were sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Ids of those that the server took.
    pub(super) taken: Vec<String>,
    /// Why it refused others.
    pub(super) refusals: Vec<String>,
}

pub(super) struct Sender {
    /// Host and port.
    server: String,
    minter: Minter,
}

impl Sender {
    /// # Errors
    /// When the URL is not `http://host:port`.
    pub(super) fn new(api: &str, tokens: TokenSettings, key: &TokenKey) -> anyhow::Result<Self> {
        let server = api.strip_prefix("http://").unwrap_or_default();
        let server = server.trim_end_matches('/');
        ensure!(
            server.contains(':') && !server.contains('/'),
            "--api must look like http://127.0.0.1:5000"
        );
        Ok(Self {
            server: server.to_owned(),
            minter: Minter::new(tokens, key),
        })
    }

    /// Waits for the server, and sends it everything: what it refuses is said in its words, and the rest goes on.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn send_all(
        &self,
        orders: &[Order],
        stub: &CommandCenterStub,
    ) -> anyhow::Result<Sent> {
        let mut sent = Sent::default();
        if orders.is_empty() {
            return Ok(sent);
        }
        self.wait_for_server().await;
        for order in orders {
            let id = format!("try-{}", Uuid::now_v7().simple());
            let action = order.action.code();
            match self.send(order, &id, &stub.callback_url(&id)).await? {
                None => {
                    println!("sent      {id} {action}");
                    sent.taken.push(id);
                }
                Some(refusal) => {
                    println!("refused   {id} {action}: {refusal}");
                    sent.refusals.push(refusal);
                }
            }
        }
        Ok(sent)
    }

    async fn wait_for_server(&self) {
        let mut is_first = true;
        while TcpStream::connect(&self.server).await.is_err() {
            if std::mem::take(&mut is_first) {
                println!("waiting for a server on {} ..", self.server);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `None` when the server took it, else its status and words.
    async fn send(
        &self,
        order: &Order,
        id: &str,
        reply_to: &str,
    ) -> anyhow::Result<Option<String>> {
        let body = json!({
            "task_id": id,
            "action": order.action.code(),
            "payload": order.payload,
            "reply_to": reply_to,
            "trace_id": Uuid::new_v4().simple().to_string(),
            "requested_by": "xtask",
        });
        let answered = tokio::time::timeout(PATIENCE, self.post(&body.to_string())).await;
        let (status, answer) = answered.context("the server does not answer")??;
        Ok((status != 202).then(|| format!("{status} {}", words_of(&answer))))
    }

    /// A token for one task: the server binds its id to it.
    fn token(&self) -> anyhow::Result<String> {
        let request = MintRequest {
            subject: "command-center".to_owned(),
            role: Role::Agent,
            scopes: [Scope::AgentTasks, Scope::AnalyticsRead]
                .into_iter()
                .collect(),
            lifetime: LIFETIME,
            token_id: Uuid::new_v4().to_string(),
        };
        Ok(self.minter.mint(&request, SystemClock.now())?)
    }

    /// The status and the body of the answer.
    async fn post(&self, body: &str) -> anyhow::Result<(u16, String)> {
        let request = format!(
            "POST /agent/task HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.server,
            self.token()?,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.server)
            .await
            .with_context(|| format!("cannot reach {}", self.server))?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
        let status = head.get(9..12).context("no status")?.parse()?;
        Ok((status, body.to_owned()))
    }
}

/// Code, detail and fields of a problem document; of anything else its beginning.
fn words_of(answer: &str) -> String {
    let problem: Value = serde_json::from_str(answer).unwrap_or_default();
    let shown = |words: &str| cut(words, LONGEST_SENTENCE);
    let word = |name: &str| problem[name].as_str().map(shown);
    let Some((code, detail)) = word("code").zip(word("detail")) else {
        return shown(answer);
    };
    let errors = problem["errors"].as_array().into_iter().flatten();
    let fields = errors.filter_map(|error| {
        let (field, message) = (error["field"].as_str()?, error["message"].as_str()?);
        Some(format!("; {}: {}", shown(field), shown(message)))
    });
    let mut fields: Vec<String> = fields.collect();
    if fields.len() == 1 {
        // The detail says it already.
        fields.clear();
    }
    format!("{code}: {detail}{}", fields.concat())
}

#[cfg(test)]
mod tests {
    use auth::Verifier;
    use testkit::command_center_stub::Behaviour;

    use super::super::orders::demonstration;
    use super::*;

    fn key() -> TokenKey {
        TokenKey::new("kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE".into()).unwrap()
    }

    fn sender(api: &str) -> anyhow::Result<Sender> {
        Sender::new(api, TokenSettings::default(), &key())
    }

    /// The stub takes whatever is posted, tasks as well.
    #[tokio::test]
    async fn each_task_comes_with_a_token_of_its_own() {
        let (api, stub) = (CommandCenterStub::start(), CommandCenterStub::start());
        let orders: Vec<Order> = demonstration().collect();
        let sent = sender(&api.url()).unwrap().send_all(&orders, &stub).await;
        let sent = sent.unwrap();
        assert!(sent.refusals.is_empty());
        let verifier = Verifier::new(TokenSettings::default(), &[key()]);
        let mut tokens = std::collections::HashSet::new();
        for (call, id) in api.calls().iter().zip(&sent.taken) {
            assert_eq!(call.path, "/agent/task");
            let body = call.json();
            assert_eq!(body["task_id"], id.as_str());
            assert_eq!(body["reply_to"], stub.callback_url(id));
            let caller = verifier.verify(call.token().unwrap(), SystemClock.now());
            let caller = caller.unwrap();
            assert!(caller.role == Role::Agent && caller.may(Scope::AgentTasks));
            assert!(caller.may(Scope::AnalyticsRead));
            assert!(tokens.insert(caller.token_id));
        }
        assert_eq!(tokens.len(), 4);
    }

    #[tokio::test]
    async fn a_refusal_is_said_and_the_rest_is_sent() {
        let (api, stub) = (CommandCenterStub::start(), CommandCenterStub::start());
        api.enqueue(Behaviour::status(422));
        let orders: Vec<Order> = demonstration().collect();
        let sent = sender(&api.url()).unwrap().send_all(&orders, &stub).await;
        let sent = sent.unwrap();
        assert_eq!(sent.refusals, [r#"422 {"accepted":false}"#]);
        assert_eq!((sent.taken.len(), api.count()), (3, 4));
    }

    #[test]
    fn a_problem_is_said_with_its_code_detail_and_fields() {
        let field = |field: &str| json!({"field": field, "message": "is\nwrong"});
        let mut problem =
            json!({"code": "VALIDATION_FAILED", "detail": "a: is wrong", "errors": [field("a")]});
        let said = words_of(&problem.to_string());
        assert_eq!(said, "VALIDATION_FAILED: a: is wrong");
        problem["detail"] = json!("2 fields are wrong.");
        problem["errors"] = json!([field("a"), field("b.c")]);
        let said = words_of(&problem.to_string());
        assert_eq!(
            said,
            "VALIDATION_FAILED: 2 fields are wrong.; a: iswrong; b.c: iswrong"
        );
        assert_eq!(words_of("<html>"), "<html>");
    }

    #[test]
    fn the_server_is_reached_over_http_only() {
        assert!(sender("http://127.0.0.1:5000/").is_ok());
        for api in ["https://a:1", "http://a", "http://a:1/b", "a:1", ""] {
            assert!(sender(api).is_err(), "{api}");
        }
    }
}
