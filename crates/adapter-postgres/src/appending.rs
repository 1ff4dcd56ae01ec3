//! Many callers' interactions, one insert: what arrives while an insert is under way goes into the next one.

mod turn;

use std::sync::Arc;
use std::time::Duration;

use domain::{Interaction, Timestamp};
use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use self::turn::Turn;
use crate::connections::{Access, Connections};
use crate::failure::Failure;
use crate::interactions::recording::append_in_txn;

/// Inserts under way at once: while one waits for the disk, the next one is prepared.
const WRITERS: usize = 2;
/// Bounds of one insert, so that no caller waits long for the others' work.
const GROUP_CALLS: usize = 512;
const GROUP_ROWS: usize = 4_096;

type Answer = Result<Vec<bool>, Failure>;

struct Call {
    share: Share,
    reply: oneshot::Sender<Answer>,
}

/// What one call puts into a common insert.
#[derive(Clone)]
struct Share {
    rows: Arc<[Interaction]>,
    recorded_at: Timestamp,
    turn: Arc<Turn>,
}

/// Clones share the queue; the writers end with the last of them.
#[derive(Clone)]
pub(crate) struct Appender {
    queue: mpsc::Sender<Call>,
    /// How long a call waits until its insert begins, and in all.
    begun_within: Duration,
    done_within: Duration,
}

type Queue = Arc<Mutex<mpsc::Receiver<Call>>>;

impl Appender {
    pub(crate) fn start(connections: Arc<Connections>, size: usize) -> Self {
        let begun_within = connections.acquire_timeout();
        let done_within = connections.longest_of_few();
        let (sender, receiver) = mpsc::channel(size);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..WRITERS {
            tokio::spawn(write(Arc::clone(&connections), Arc::clone(&receiver)));
        }
        Self {
            queue: sender,
            begun_within,
            done_within,
        }
    }

    /// Answers when the rows are durable. A full queue refuses at once. When the caller goes away before its turn, nothing is
    /// done; later, everything.
    pub(crate) async fn append(&self, rows: Vec<Interaction>, recorded_at: Timestamp) -> Answer {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // Beside others, such rows would take these with them.
        if !rows.iter().all(is_storable) {
            return Err(Failure::Unstorable);
        }
        let latest = Instant::now() + self.done_within;
        let (reply, mut answer) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        let share = Share {
            rows: rows.into(),
            recorded_at,
            turn: Arc::clone(&turn),
        };
        self.queue
            .try_send(Call { share, reply })
            .map_err(|_| Failure::Crowded)?;
        let waiting = async {
            tokio::select! {
                answered = &mut answer => Some(answered),
                () = turn.begun() => None,
            }
        };
        // Nobody waits as long as the inserts of others may take.
        let answered = match timeout(self.begun_within, waiting).await {
            Ok(Some(answered)) => Some(answered),
            Err(_) if turn.give_up() => return Err(Failure::Silent(self.begun_within)),
            Ok(None) | Err(_) => timeout_at(latest, answer).await.ok(),
        };
        match answered {
            Some(answered) => answered.map_err(|_| Failure::Panicked)?,
            None => Err(Failure::CommitSilent),
        }
    }
}

/// Postgres keeps every character in its texts but this one.
fn is_storable(row: &Interaction) -> bool {
    !row.pseudonym.contains('\0') && !row.id.contains('\0')
}

async fn write(connections: Arc<Connections>, queue: Queue) {
    loop {
        let calls = next_group(&queue).await;
        let Some(calls) = calls else { return };
        settle(&connections, &queue, calls).await;
    }
}

/// Waits for the first call and takes what is there beside it; `None` when there will be no more.
async fn next_group(queue: &Queue) -> Option<Vec<Call>> {
    let mut queue = queue.lock().await;
    let first = queue.recv().await?;
    let (mut rows, mut calls) = (first.share.rows.len(), vec![first]);
    while calls.len() < GROUP_CALLS
        && rows < GROUP_ROWS
        && let Ok(call) = queue.try_recv()
    {
        rows += call.share.rows.len();
        calls.push(call);
    }
    Some(calls)
}

async fn settle(connections: &Arc<Connections>, queue: &Queue, mut calls: Vec<Call>) {
    calls.retain(|call| !call.reply.is_closed());
    if calls.is_empty() {
        return;
    }
    match insert(connections, &calls).await {
        Ok(new) => answer(calls, new),
        // One call's rows are what Postgres refuses: the others must not suffer from it. What is the matter with Postgres
        // itself they would only meet one after the other.
        Err(failure) if failure.is_about_rows() && calls.len() > 1 => {
            insert_one_by_one(connections, queue, calls).await;
        }
        Err(failure) => fail(queue, calls, &failure),
    }
}

async fn insert_one_by_one(connections: &Arc<Connections>, queue: &Queue, calls: Vec<Call>) {
    let mut calls = calls.into_iter();
    while let Some(call) = calls.next() {
        let alone = vec![call];
        match insert(connections, &alone).await {
            Ok(new) => answer(alone, new),
            Err(failure) if failure.is_about_rows() => refuse(alone, &failure),
            Err(failure) => return fail(queue, alone.into_iter().chain(calls).collect(), &failure),
        }
    }
}

/// Refuses all of them, and where Postgres is away those who came meanwhile: they would wait as long once more, only to hear
/// the same.
fn fail(queue: &Queue, calls: Vec<Call>, failure: &Failure) {
    refuse(calls, failure);
    if failure.is_absence()
        && let Ok(mut queue) = queue.try_lock()
    {
        let waiting = std::iter::from_fn(|| queue.try_recv().ok()).collect();
        refuse(waiting, failure);
    }
}

/// One transaction for all calls that still want it; answers for each of their rows whether it was new.
async fn insert(connections: &Arc<Connections>, calls: &[Call]) -> Result<Vec<Vec<bool>>, Failure> {
    let shares: Arc<[Share]> = calls.iter().map(|call| call.share.clone()).collect();
    connections
        .run(Access::WriteFew, move |connection| {
            let shares = Arc::clone(&shares);
            async move {
                let wanted: Vec<bool> = shares.iter().map(|share| share.turn.begin()).collect();
                let rows = shares.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
                let rows: Vec<_> = rows
                    .flat_map(|(share, _)| share.rows.iter().map(|row| (row, share.recorded_at)))
                    .collect();
                let mut new = append_in_txn(connection, &rows).await?.into_iter();
                let own = shares.iter().zip(wanted).map(|(share, wanted)| {
                    let rows = if wanted { share.rows.len() } else { 0 };
                    new.by_ref().take(rows).collect()
                });
                Ok(own.collect())
            }
            .boxed()
        })
        .await
}

fn answer(calls: Vec<Call>, new: Vec<Vec<bool>>) {
    for (call, own) in calls.into_iter().zip(new) {
        // The caller may have gone meanwhile.
        let _ = call.reply.send(Ok(own));
    }
}

fn refuse(calls: Vec<Call>, failure: &Failure) {
    for call in calls {
        let _ = call.reply.send(Err(failure.clone()));
    }
}
