//! Tasks on their way to a server.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use auth::{MintRequest, Minter, Role, Scope, TokenKey, TokenSettings};
use domain::Term as _;
use ports::Clock as _;
use serde_json::json;
use testkit::command_center_stub::CommandCenterStub;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::orders::Order;
use crate::system_clock::SystemClock;

/// Of a token, which is used at once.
const LIFETIME: Duration = Duration::from_secs(300);

/// How long an answer takes at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks for the server.
const PAUSE: Duration = Duration::from_millis(250);

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

    /// Waits for the server, and answers the ids of the tasks that it took.
    ///
    /// # Errors
    /// When it refuses one.
    pub(super) async fn send_all(
        &self,
        orders: &[Order],
        stub: &CommandCenterStub,
    ) -> anyhow::Result<Vec<String>> {
        let mut sent = Vec::new();
        if orders.is_empty() {
            return Ok(sent);
        }
        self.wait_for_server().await;
        for order in orders {
            let id = format!("try-{}", Uuid::now_v7().simple());
            self.send(order, &id, &stub.callback_url(&id)).await?;
            println!("sent      {id} {}", order.action.code());
            sent.push(id);
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

    async fn send(&self, order: &Order, id: &str, reply_to: &str) -> anyhow::Result<()> {
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
        ensure!(
            status == 202,
            "the server answered {} with {status}: {answer}",
            order.action.code()
        );
        Ok(())
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
        let verifier = Verifier::new(TokenSettings::default(), &[key()]);
        let mut tokens = std::collections::HashSet::new();
        for (call, id) in api.calls().iter().zip(&sent) {
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
    async fn a_refusal_is_an_error_that_says_what_the_server_said() {
        let (api, stub) = (CommandCenterStub::start(), CommandCenterStub::start());
        api.always(Behaviour::status(422));
        let orders: Vec<Order> = demonstration().collect();
        let refused = sender(&api.url()).unwrap().send_all(&orders, &stub).await;
        let message = refused.unwrap_err().to_string();
        assert!(
            message.contains("with 422: {\"accepted\":false}"),
            "{message}"
        );
        assert_eq!(api.count(), 1);
    }

    #[test]
    fn the_server_is_reached_over_http_only() {
        assert!(sender("http://127.0.0.1:5000/").is_ok());
        for api in ["https://a:1", "http://a", "http://a:1/b", "a:1", ""] {
            assert!(sender(api).is_err(), "{api}");
        }
    }
}
