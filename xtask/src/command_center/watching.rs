//! What a server tells: checked, and said in one line each.

use std::collections::{BTreeSet, HashMap, HashSet};

use auth::{Timestamp, TokenKey, TokenSettings, Verifier};
use serde_json::Value;
use testkit::command_center_stub::{Call, CallKind};

use crate::reporting::cut;

/// What is shown of a text from outside.
const LONGEST_TEXT: usize = 100;

pub(super) struct Watch {
    verifier: Verifier,
    /// By idempotency key.
    bodies: HashMap<String, Vec<u8>>,
    token_ids: HashSet<String>,
    /// Tasks that were sent and have not come to their end.
    waiting: BTreeSet<String>,
    /// Those that came to their end.
    ended: HashSet<String>,
    heard: u64,
    repeated: u64,
    faults: u64,
    unsuccessful: u64,
}

impl Watch {
    /// `ours` is what our tokens look like; the server's have the same names the other way round.
    pub(super) fn new(ours: &TokenSettings, key: &TokenKey) -> Self {
        let theirs = TokenSettings {
            issuer: ours.audience.clone(),
            audience: ours.issuer.clone(),
            ..ours.clone()
        };
        Self {
            verifier: Verifier::new(theirs, std::slice::from_ref(key)),
            bodies: HashMap::new(),
            token_ids: HashSet::new(),
            waiting: BTreeSet::new(),
            ended: HashSet::new(),
            heard: 0,
            repeated: 0,
            faults: 0,
            unsuccessful: 0,
        }
    }

    pub(super) fn expect(&mut self, tasks: &[String]) {
        let open = tasks.iter().filter(|task| !self.ended.contains(*task));
        self.waiting.extend(open.cloned());
    }

    /// So many tasks were sent and not taken.
    pub(super) fn count_refused(&mut self, tasks: usize) {
        self.unsuccessful += u64::try_from(tasks).unwrap_or(u64::MAX);
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Nothing was wrong with what came, and every task that was sent succeeded.
    pub(super) fn is_well(&self) -> bool {
        self.faults == 0 && self.unsuccessful == 0 && self.waiting.is_empty()
    }

    pub(super) fn summary(&self) -> String {
        let mut summary = format!(
            "{} requests, {} of them repeated, {} faulty; {} tasks without success",
            self.heard, self.repeated, self.faults, self.unsuccessful
        );
        if self.is_waiting() {
            let waiting: Vec<&str> = self.waiting.iter().map(String::as_str).collect();
            summary.push_str(&format!("; never heard the end of {}", waiting.join(", ")));
        }
        summary
    }

    /// One line for each thing that was told.
    pub(super) fn hear(&mut self, call: &Call, now: Timestamp) -> Vec<String> {
        self.heard += 1;
        let body = call.json();
        let verdict = self.verdict(call, &body, now);
        let lines = match call.kind {
            CallKind::Registration => vec![registration(&body)],
            CallKind::Heartbeat => vec![heartbeat(&body)],
            CallKind::Events => events(&body),
            CallKind::Callback => vec![self.callback(call, &body)],
            CallKind::Other => vec![format!(
                "other     {} {}",
                text(&call.method),
                text(&call.path)
            )],
        };
        let lines = lines.into_iter();
        lines.map(|line| format!("{line} [{verdict}]")).collect()
    }

    fn callback(&mut self, call: &Call, body: &Value) -> String {
        let task = body["task_id"].as_str().unwrap_or_default();
        let status = body["status"].as_str().unwrap_or_default();
        let is_end = matches!(status, "succeeded" | "failed" | "cancelled");
        if is_end && self.ended.insert(task.to_owned()) {
            self.unsuccessful += u64::from(status != "succeeded");
            self.waiting.remove(task);
        }
        let mut line = format!(
            "callback  {} {}",
            text(call.header("idempotency-key").unwrap_or("(no key)")),
            text(status)
        );
        if let Some(took) = body["execution_time_ms"].as_u64() {
            line.push_str(&format!(" in {took} ms"));
        }
        if let Some(code) = body["error"]["code"].as_str() {
            let message = body["error"]["message"].as_str().unwrap_or_default();
            line.push_str(&format!(": {} {}", text(code), text(message)));
        }
        if let Some(result) = body.get("result") {
            line.push_str(&format!(": {}", text(&result.to_string())));
        }
        line
    }

    /// What is wrong, or that nothing is.
    fn verdict(&mut self, call: &Call, body: &Value, now: Timestamp) -> String {
        let mut wrong = Vec::new();
        self.check_signature(call, now, &mut wrong);
        let repetition = self.check_key(call, body, &mut wrong);
        if wrong.is_empty() {
            format!("signature valid{repetition}")
        } else {
            self.faults += 1;
            format!("WRONG: {}", wrong.join("; "))
        }
    }

    fn check_signature(&mut self, call: &Call, now: Timestamp, wrong: &mut Vec<String>) {
        let Some(token) = call.token() else {
            wrong.push("there is no token".to_owned());
            return;
        };
        match self.verifier.verify_with_body(token, &call.body, now) {
            Ok(caller) => {
                let id = caller.token_id.unwrap_or_default();
                if !self.token_ids.insert(id) {
                    wrong.push("the token was used before".to_owned());
                }
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }

    fn check_key(&mut self, call: &Call, body: &Value, wrong: &mut Vec<String>) -> &'static str {
        if !matches!(call.kind, CallKind::Callback | CallKind::Events) {
            return "";
        }
        let Some(key) = call.header("idempotency-key") else {
            wrong.push("there is no idempotency key".to_owned());
            return "";
        };
        let (task, sequence) = (body["task_id"].as_str(), body["sequence"].as_u64());
        if call.kind == CallKind::Callback
            && task
                .zip(sequence)
                .map(|(task, number)| format!("{task}.{number}"))
                .as_deref()
                != Some(key)
        {
            wrong.push("the idempotency key is not that of the notice".to_owned());
        }
        match self.bodies.get(key) {
            None => {
                self.bodies.insert(key.to_owned(), call.body.clone());
                ""
            }
            Some(before) if *before == call.body => {
                self.repeated += 1;
                ", repeated in the same words"
            }
            Some(_) => {
                wrong.push("its idempotency key came before with another body".to_owned());
                ""
            }
        }
    }
}

fn registration(body: &Value) -> String {
    let actions = body["capabilities"].as_array().map_or(0, Vec::len);
    format!(
        "register  {} {}, {actions} actions, {} tasks at once",
        field(body, "agent_id"),
        field(body, "version"),
        field(body, "max_concurrent")
    )
}

fn heartbeat(body: &Value) -> String {
    format!(
        "heartbeat {} is {}, {} of {} busy",
        field(body, "agent_id"),
        field(body, "status"),
        field(body, "busy"),
        field(body, "workers")
    )
}

fn events(body: &Value) -> Vec<String> {
    let events = body["events"].as_array().into_iter().flatten();
    let line = |event: &Value| {
        let mut line = format!("event     {}", field(event, "kind"));
        for name in ["task_id", "error_code"] {
            if event.get(name).is_some() {
                line.push_str(&format!(" {}", field(event, name)));
            }
        }
        line
    };
    let mut lines: Vec<String> = events.map(line).collect();
    if lines.is_empty() {
        lines.push("event     (none)".to_owned());
    }
    lines
}

fn field(body: &Value, name: &str) -> String {
    match &body[name] {
        Value::String(value) => text(value),
        value => text(&value.to_string()),
    }
}

fn text(words: &str) -> String {
    cut(words, LONGEST_TEXT)
}

#[cfg(test)]
mod tests;
