//! Many callers' interactions, one insert: what arrives while an insert is under way goes into the next one.

use std::sync::Arc;
use std::time::Duration;

use domain::{Interaction, Timestamp};
use futures_util::FutureExt as _;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::time::timeout;

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
    rows: Vec<Interaction>,
    recorded_at: Timestamp,
    /// Told when the transaction that inserts the rows has begun.
    begun: Arc<Notify>,
    reply: oneshot::Sender<Answer>,
}

/// Clones share the queue; the writers end with the last of them.
#[derive(Clone)]
pub(crate) struct Appender {
    queue: mpsc::Sender<Call>,
    /// How long a call waits until its insert begins.
    patience: Duration,
}

type Queue = Arc<Mutex<mpsc::Receiver<Call>>>;

impl Appender {
    pub(crate) fn start(connections: Arc<Connections>, size: usize) -> Self {
        let patience = connections.acquire_timeout();
        let (sender, receiver) = mpsc::channel(size);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..WRITERS {
            tokio::spawn(write(Arc::clone(&connections), Arc::clone(&receiver)));
        }
        Self {
            queue: sender,
            patience,
        }
    }

    /// Answers when the rows are durable. A full queue refuses at once. When the caller goes away before its turn, nothing is
    /// done; later, everything.
    pub(crate) async fn append(&self, rows: Vec<Interaction>, recorded_at: Timestamp) -> Answer {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, mut answer) = oneshot::channel();
        let begun = Arc::new(Notify::new());
        let call = Call {
            rows,
            recorded_at,
            begun: Arc::clone(&begun),
            reply,
        };
        self.queue.try_send(call).map_err(|_| Failure::Crowded)?;
        // The writers bound the time from then on; they answer everybody unless one of them panics.
        let waiting = async {
            tokio::select! {
                answered = &mut answer => Some(answered),
                () = begun.notified() => None,
            }
        };
        // Nobody waits as long as the inserts of others may take.
        let answered = match timeout(self.patience, waiting).await {
            Ok(Some(answered)) => answered,
            Ok(None) => answer.await,
            Err(_) => return Err(Failure::Silent(self.patience)),
        };
        answered.map_err(|_| Failure::Panicked)?
    }
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
    let (mut rows, mut calls) = (first.rows.len(), vec![first]);
    while calls.len() < GROUP_CALLS
        && rows < GROUP_ROWS
        && let Ok(call) = queue.try_recv()
    {
        rows += call.rows.len();
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
        // One call's rows may be what Postgres refuses: the others must not suffer from it.
        Err(Failure::Database(_)) if calls.len() > 1 => {
            let mut calls = calls.into_iter();
            while let Some(call) = calls.next() {
                let alone = vec![call];
                match insert(connections, &alone).await {
                    Ok(new) => answer(alone, new),
                    Err(failure) => {
                        refuse(alone, &failure);
                        if failure.is_absence() {
                            return refuse(calls.by_ref().collect(), &failure);
                        }
                    }
                }
            }
        }
        Err(failure) => {
            refuse(calls, &failure);
            // Who came meanwhile would wait as long once more, only to hear the same.
            if failure.is_absence()
                && let Ok(mut queue) = queue.try_lock()
            {
                let waiting = std::iter::from_fn(|| queue.try_recv().ok()).collect();
                refuse(waiting, &failure);
            }
        }
    }
}

/// One transaction for all calls; answers for each of their rows whether it was new.
async fn insert(connections: &Arc<Connections>, calls: &[Call]) -> Answer {
    let rows = calls
        .iter()
        .flat_map(|call| {
            let recorded_at = call.recorded_at;
            call.rows.iter().map(move |row| (row.clone(), recorded_at))
        })
        .collect::<Vec<_>>();
    let rows = Arc::new(rows);
    let begun: Arc<[_]> = calls.iter().map(|call| Arc::clone(&call.begun)).collect();
    connections
        .run(Access::Write, move |connection| {
            begun.iter().for_each(|begun| begun.notify_one());
            let rows = Arc::clone(&rows);
            async move { append_in_txn(connection, &rows).await }.boxed()
        })
        .await
}

fn answer(calls: Vec<Call>, new: Vec<bool>) {
    let mut new = new.into_iter();
    for call in calls {
        let own = new.by_ref().take(call.rows.len()).collect();
        // The caller may have gone meanwhile.
        let _ = call.reply.send(Ok(own));
    }
}

fn refuse(calls: Vec<Call>, failure: &Failure) {
    for call in calls {
        let _ = call.reply.send(Err(failure.clone()));
    }
}
