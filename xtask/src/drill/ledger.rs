//! What writers wrote, and what they heard of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings};
use ports::Clock as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::SECRET;
use crate::http_connection::write;
use crate::system_clock::SystemClock;

/// Whose scholarships they are, which tells them from all others.
pub(super) const ORGANIZATION: &str = "Drills";
/// Begins the name of each scholarship.
const NAME: &str = "Drill Award";
/// Begins the id of each interaction.
pub(super) const VIEW: &str = "drill-view-";
/// One student is shown a thousand interactions at most.
const STUDENTS: u64 = 8;
/// Longer than any drill, and no longer than the servers accept.
const LIFETIME: Duration = Duration::from_secs(1_800);
/// A scholarship is replaced only when every replica has long seen it.
const RIPE_AFTER: Duration = Duration::from_secs(5);

/// Each has a number, which is in what it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    Create,
    /// Of a scholarship that an earlier one made; each is replaced once.
    Replace {
        id: String,
    },
    View,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// With the id of a scholarship that was made.
    Acknowledged(Option<String>),
    /// Nothing was written; why.
    Refused(String),
    /// It may have been written; why nobody knows.
    Unknown(String),
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) write: Write,
    pub(super) heard: Heard,
    pub(super) heard_at: Instant,
}

impl Entry {
    pub(super) fn is_acknowledged(&self) -> bool {
        matches!(self.heard, Heard::Acknowledged(_))
    }

    /// What was heard when it was sent once more. A refusal says nothing of the time before.
    pub(super) fn hear_again(&mut self, status: u16, body: &Value) {
        match heard_of(status, body) {
            Heard::Refused(_) => {}
            heard => self.heard = heard,
        }
    }
}

/// What came of all writes.
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) refused: u64,
    pub(super) unknown: u64,
    /// Of the last two.
    pub(super) by_kind: BTreeMap<String, u64>,
    /// The longest time between two acknowledgements.
    pub(super) without: Duration,
}

pub(super) struct Ledger {
    editor: String,
    students: Vec<String>,
    /// What students look at.
    scholarship: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By number: those that are under way, and those of which something was heard.
    under_way: BTreeMap<u64, Write>,
    entries: Vec<Entry>,
    /// Made, acknowledged, and not replaced yet.
    made: VecDeque<(Instant, String)>,
}

impl Ledger {
    /// # Errors
    ///
    /// When no tokens can be made.
    pub(super) fn new(scholarship: String) -> anyhow::Result<Self> {
        let minter = Minter::new(TokenSettings::default(), &TokenKey::new(SECRET.into())?);
        let token = |role, subject: String| {
            let wish = MintRequest {
                subject,
                role,
                scopes: ScopeSet::EMPTY,
                lifetime: LIFETIME,
                token_id: Uuid::new_v4().to_string(),
            };
            minter.mint(&wish, SystemClock.now())
        };
        let students =
            (0..STUDENTS).map(|number| token(Role::Student, format!("student-{number}")));
        Ok(Self {
            editor: token(Role::Admin, "editor".to_owned())?,
            students: students.collect::<Result<_, _>>()?,
            scholarship,
            state: Mutex::default(),
        })
    }

    pub(super) fn editor(&self) -> &str {
        &self.editor
    }

    pub(super) fn students(&self) -> &[String] {
        &self.students
    }

    /// The request of a number: of four, one makes a scholarship, one replaces one, and two record that one was looked at.
    pub(super) fn request(&self, number: u64) -> Vec<u8> {
        let mut state = self.state();
        let write = match number % 4 {
            0 => Write::Create,
            2 => state
                .ripe()
                .map_or(Write::Create, |id| Write::Replace { id }),
            _ => Write::View,
        };
        let bytes = self.bytes(number, &write);
        state.under_way.insert(number, write);
        bytes
    }

    /// The bytes of a write, which are the same however often it is sent.
    pub(super) fn bytes(&self, number: u64, what: &Write) -> Vec<u8> {
        let document = || json!({"name": name(number), "organization": ORGANIZATION}).to_string();
        let key = format!("drill-{number}");
        let editor = Some(self.editor.as_str());
        match what {
            Write::Create => {
                let key = Some(("Idempotency-Key", key.as_str()));
                write("POST", "/api/v1/scholarships", editor, key, &document())
            }
            Write::Replace { id } => {
                let target = format!("/api/v1/scholarships/{id}");
                write("PUT", &target, editor, Some(("If-Match", "*")), &document())
            }
            Write::View => {
                // Views have odd numbers.
                let student = usize::try_from((number / 2) % STUDENTS).unwrap_or(0);
                let view =
                    json!({"id": view(number), "kind": "view", "scholarship_id": self.scholarship});
                let student = Some(self.students[student].as_str());
                let key = Some(("Idempotency-Key", key.as_str()));
                write(
                    "POST",
                    "/api/v1/interactions",
                    student,
                    key,
                    &view.to_string(),
                )
            }
        }
    }

    /// Takes down what came of a write.
    pub(super) fn hear(&self, number: u64, answer: Option<(u16, &[u8])>) {
        let heard = heard(answer);
        let mut state = self.state();
        let Some(write) = state.under_way.remove(&number) else {
            return;
        };
        let heard_at = Instant::now();
        if let (Write::Create, Heard::Acknowledged(Some(id))) = (&write, &heard) {
            state.made.push_back((heard_at, id.clone()));
        }
        state.entries.push(Entry {
            number,
            write,
            heard,
            heard_at,
        });
    }

    /// By number.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.state().entries.clone();
        entries.sort_by_key(|entry| entry.number);
        entries
    }

    /// When the first write was acknowledged after a moment.
    pub(super) fn acknowledged_after(&self, moment: Instant) -> Option<Instant> {
        let state = self.state();
        let acknowledged = state.entries.iter().filter(|entry| entry.is_acknowledged());
        acknowledged
            .map(|entry| entry.heard_at)
            .filter(|at| *at > moment)
            .min()
    }

    /// How many were acknowledged from one moment to another.
    pub(super) fn acknowledged_between(&self, from: Instant, to: Instant) -> usize {
        let state = self.state();
        let acknowledged = state.entries.iter().filter(|entry| entry.is_acknowledged());
        acknowledged
            .filter(|entry| (from..to).contains(&entry.heard_at))
            .count()
    }

    /// When something else than an acknowledgement was heard last.
    pub(super) fn last_trouble(&self) -> Option<Instant> {
        let state = self.state();
        let trouble = state
            .entries
            .iter()
            .filter(|entry| !entry.is_acknowledged());
        trouble.map(|entry| entry.heard_at).max()
    }

    pub(super) fn tally(&self) -> Tally {
        tally(&self.entries())
    }

    /// A panic of one writer spoils no entry.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ripe(&mut self) -> Option<String> {
        let is_ripe = |(at, _): &mut (Instant, String)| at.elapsed() > RIPE_AFTER;
        self.made.pop_front_if(is_ripe).map(|(_, id)| id)
    }
}

/// Of the scholarship that the write of a number makes or changes.
pub(super) fn name(number: u64) -> String {
    format!("{NAME} {number}")
}

/// Of the interaction of a number.
pub(super) fn view(number: u64) -> String {
    format!("{VIEW}{number}")
}

fn heard(answer: Option<(u16, &[u8])>) -> Heard {
    let Some((status, body)) = answer else {
        return Heard::Unknown("no answer".to_owned());
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    heard_of(status, &body)
}

fn heard_of(status: u16, body: &Value) -> Heard {
    let text = |field: &str| body[field].as_str().map(str::to_owned);
    let kind = text("code").unwrap_or_else(|| status.to_string());
    match status {
        200..=299 => Heard::Acknowledged(text("id")),
        400..=499 => Heard::Refused(kind),
        _ if kind == "STORE_UNAVAILABLE" => Heard::Refused(kind),
        _ => Heard::Unknown(kind),
    }
}

fn tally(entries: &[Entry]) -> Tally {
    let mut tally = Tally {
        sent: 0,
        acknowledged: 0,
        refused: 0,
        unknown: 0,
        by_kind: BTreeMap::new(),
        without: Duration::ZERO,
    };
    let mut acknowledged = Vec::new();
    for entry in entries {
        tally.sent += 1;
        match &entry.heard {
            Heard::Acknowledged(_) => {
                tally.acknowledged += 1;
                acknowledged.push(entry.heard_at);
            }
            Heard::Refused(kind) => {
                tally.refused += 1;
                *tally.by_kind.entry(kind.clone()).or_default() += 1;
            }
            Heard::Unknown(kind) => {
                tally.unknown += 1;
                *tally.by_kind.entry(kind.clone()).or_default() += 1;
            }
        }
    }
    acknowledged.sort_unstable();
    let gaps = acknowledged.windows(2).map(|pair| pair[1] - pair[0]);
    tally.without = gaps.max().unwrap_or_default();
    tally
}

#[cfg(test)]
pub(super) fn entry(number: u64, write: Write, heard: Heard, heard_at: Instant) -> Entry {
    Entry {
        number,
        write,
        heard,
        heard_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_promises_it_is_taken_for_a_refusal() {
        let of = |status, body: &str| heard(Some((status, body.as_bytes())));
        let made = Heard::Acknowledged(Some("sch_1".to_owned()));
        assert_eq!(of(201, r#"{"id":"sch_1"}"#), made);
        assert_eq!(of(202, "{}"), Heard::Acknowledged(None));
        let refused = Heard::Refused("STORE_UNAVAILABLE".to_owned());
        assert_eq!(of(503, r#"{"code":"STORE_UNAVAILABLE"}"#), refused);
        assert_eq!(of(412, "{}"), Heard::Refused("412".to_owned()));
        let unknown = Heard::Unknown("OUTCOME_UNKNOWN".to_owned());
        assert_eq!(of(503, r#"{"code":"OUTCOME_UNKNOWN"}"#), unknown);
        assert_eq!(of(502, "<html>"), Heard::Unknown("502".to_owned()));
        assert_eq!(heard(None), Heard::Unknown("no answer".to_owned()));
    }

    #[test]
    fn what_is_heard_again_counts_unless_it_is_a_refusal() {
        let unknown = || Heard::Unknown("504".to_owned());
        let again = |first: Heard, status: u16, body: Value| {
            let mut entry = entry(4, Write::Create, first, Instant::now());
            entry.hear_again(status, &body);
            entry
        };
        let made = again(unknown(), 201, json!({"id": "sch_4"}));
        assert_eq!(made.heard, Heard::Acknowledged(Some("sch_4".to_owned())));
        let refused = again(unknown(), 409, json!({"code": "CONFLICT"}));
        assert_eq!(refused.heard, unknown());
        let unclear = again(Heard::Refused("429".to_owned()), 504, json!(null));
        assert_eq!(unclear.heard, unknown());
    }

    #[test]
    fn every_student_looks_at_something() {
        let ledger = Ledger::new("sch_0".to_owned()).unwrap();
        let views = (1..=15).step_by(2);
        let requests = views.map(|number| ledger.bytes(number, &Write::View));
        let requests: Vec<String> = requests
            .map(|request| String::from_utf8(request).unwrap())
            .collect();
        for student in ledger.students() {
            let asks = |request: &&String| request.contains(student.as_str());
            assert_eq!(requests.iter().filter(asks).count(), 1);
        }
    }

    #[test]
    fn the_longest_time_without_an_acknowledgement_is_between_two() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let yes = || Heard::Acknowledged(None);
        let no = Heard::Refused("STORE_UNAVAILABLE".to_owned());
        let entries = [
            entry(1, Write::View, yes(), at(1)),
            entry(3, Write::View, no, at(3)),
            entry(5, Write::View, yes(), at(8)),
            entry(7, Write::View, yes(), at(2)),
        ];
        let tally = tally(&entries);
        assert_eq!(tally.without, Duration::from_secs(6));
        assert_eq!(
            (tally.acknowledged, tally.refused, tally.unknown),
            (3, 1, 0)
        );
        assert_eq!(tally.by_kind["STORE_UNAVAILABLE"], 1);
    }
}
