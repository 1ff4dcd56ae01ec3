//! Many callers' writes, one transaction: what arrives while one is under way goes into the next one.

mod turn;

use std::sync::Arc;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, try_join_all};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use self::turn::Turn;
use crate::area::Area;
use crate::connections::{Access, Connections};
use crate::failure::Failure;

/// Transactions under way at once: while one waits for the disk, the next one is prepared.
const WRITERS: usize = 2;
/// Calls of one transaction, so that no caller waits long for the others' work.
const GROUP_CALLS: usize = 512;

/// What is done with the items of several calls, in one transaction; answers for each of them, in order.
pub(crate) type Work<I, O> =
    for<'c> fn(&'c mut AsyncPgConnection, Vec<Arc<I>>) -> BoxFuture<'c, Result<Vec<O>, Failure>>;

/// How calls are put together.
pub(crate) struct Rule<I, O> {
    pub(crate) area: Area,
    pub(crate) work: Work<I, O>,
    /// What an item costs, and the most that a transaction takes on beside its first call.
    pub(crate) weight: fn(&I) -> usize,
    pub(crate) most: usize,
}

impl<I, O> Clone for Rule<I, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, O> Copy for Rule<I, O> {}

struct Call<I, O> {
    share: Share<I>,
    reply: oneshot::Sender<Result<O, Failure>>,
}

/// What one call brings to a common transaction.
struct Share<I> {
    item: Arc<I>,
    turn: Arc<Turn>,
}

impl<I> Clone for Share<I> {
    fn clone(&self) -> Self {
        Self {
            item: Arc::clone(&self.item),
            turn: Arc::clone(&self.turn),
        }
    }
}

/// Clones share the queue; the writers end with the last of them.
pub(crate) struct Group<I, O> {
    queue: mpsc::Sender<Call<I, O>>,
    /// How long a call waits until its transaction begins, and in all.
    begun_within: Duration,
    done_within: Duration,
}

impl<I, O> Clone for Group<I, O> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            begun_within: self.begun_within,
            done_within: self.done_within,
        }
    }
}

struct Writer<I, O> {
    connections: Arc<Connections>,
    queue: Arc<Mutex<mpsc::Receiver<Call<I, O>>>>,
    rule: Rule<I, O>,
}

impl<I: Send + Sync + 'static, O: Send + 'static> Group<I, O> {
    /// At most `size` calls wait.
    pub(crate) fn start(connections: &Arc<Connections>, size: usize, rule: Rule<I, O>) -> Self {
        let (sender, receiver) = mpsc::channel(size);
        let queue = Arc::new(Mutex::new(receiver));
        for _ in 0..WRITERS {
            let writer = Writer {
                connections: Arc::clone(connections),
                queue: Arc::clone(&queue),
                rule,
            };
            tokio::spawn(writer.run());
        }
        Self {
            queue: sender,
            begun_within: connections.acquire_timeout(),
            done_within: connections.longest_of_few(),
        }
    }

    /// Calls that wait for a transaction.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Answers when the work is durable. A full queue refuses at once. When the caller goes away before its turn, nothing is
    /// done; later, everything.
    pub(crate) async fn add(&self, item: I) -> Result<O, Failure> {
        let latest = Instant::now() + self.done_within;
        let (reply, mut answer) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        let share = Share {
            item: Arc::new(item),
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
        // Nobody waits as long as the transactions of others may take.
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

impl<I: Send + Sync + 'static, O: Send + 'static> Writer<I, O> {
    async fn run(self) {
        while let Some(calls) = self.next_group().await {
            self.settle(calls).await;
        }
    }

    /// Waits for the first call and takes what is there beside it; `None` when there will be no more.
    async fn next_group(&self) -> Option<Vec<Call<I, O>>> {
        let mut queue = self.queue.lock().await;
        let first = queue.recv().await?;
        let (mut weight, mut calls) = ((self.rule.weight)(&first.share.item), vec![first]);
        while calls.len() < GROUP_CALLS
            && weight < self.rule.most
            && let Ok(call) = queue.try_recv()
        {
            weight += (self.rule.weight)(&call.share.item);
            calls.push(call);
        }
        Some(calls)
    }

    async fn settle(&self, mut calls: Vec<Call<I, O>>) {
        calls.retain(|call| !call.reply.is_closed());
        if calls.is_empty() {
            return;
        }
        match self.write(&calls).await {
            Ok(answers) => answer(calls, answers),
            // One call's rows are what Postgres refuses: the others must not suffer from it. What is the matter with Postgres
            // itself they would only meet one after the other.
            Err(failure) if failure.is_about_rows() && calls.len() > 1 => {
                self.write_one_by_one(calls).await;
            }
            Err(failure) => self.fail(calls, &failure),
        }
    }

    async fn write_one_by_one(&self, calls: Vec<Call<I, O>>) {
        let mut calls = calls.into_iter();
        while let Some(call) = calls.next() {
            let alone = vec![call];
            match self.write(&alone).await {
                Ok(answers) => answer(alone, answers),
                Err(failure) if failure.is_about_rows() => refuse(alone, &failure),
                Err(failure) => {
                    return self.fail(alone.into_iter().chain(calls).collect(), &failure);
                }
            }
        }
    }

    /// Refuses all of them, and where Postgres is away those who came meanwhile: they would wait as long once more, only to
    /// hear the same.
    fn fail(&self, calls: Vec<Call<I, O>>, failure: &Failure) {
        refuse(calls, failure);
        if failure.is_absence()
            && let Ok(mut queue) = self.queue.try_lock()
        {
            let waiting = std::iter::from_fn(|| queue.try_recv().ok()).collect();
            refuse(waiting, failure);
        }
    }

    /// One transaction for all calls that still want it; those that do not have no answer.
    async fn write(&self, calls: &[Call<I, O>]) -> Result<Vec<Option<O>>, Failure> {
        let shares: Arc<[Share<I>]> = calls.iter().map(|call| call.share.clone()).collect();
        let work = self.rule.work;
        self.connections
            .run(self.rule.area, Access::WriteFew, move |connection| {
                let shares = Arc::clone(&shares);
                async move {
                    let wanted: Vec<bool> = shares.iter().map(|share| share.turn.begin()).collect();
                    let items = shares.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
                    let items = items.map(|(share, _)| Arc::clone(&share.item)).collect();
                    let mut answers = work(connection, items).await?.into_iter();
                    let own = wanted
                        .into_iter()
                        .map(|wanted| wanted.then(|| answers.next()).flatten());
                    Ok(own.collect())
                }
                .boxed()
            })
            .await
    }
}

fn answer<I, O>(calls: Vec<Call<I, O>>, answers: Vec<Option<O>>) {
    for (call, own) in calls.into_iter().zip(answers) {
        if let Some(own) = own {
            // The caller may have gone meanwhile.
            let _ = call.reply.send(Ok(own));
        }
    }
}

fn refuse<I, O>(calls: Vec<Call<I, O>>, failure: &Failure) {
    for call in calls {
        let _ = call.reply.send(Err(failure.clone()));
    }
}

/// Does something with each item, all at once on the wire and in the order of their keys: transactions that take locks in one
/// order do not wait for each other. Answers in the order of the items.
pub(crate) async fn in_order_of<'a, I, K: Ord, O, F>(
    items: &'a [Arc<I>],
    key: impl Fn(&'a I) -> K,
    work: impl Fn(&'a I) -> F,
) -> Result<Vec<O>, Failure>
where
    F: Future<Output = Result<O, Failure>>,
{
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by_key(|place| key(&items[*place]));
    let done = try_join_all(places.iter().map(|place| work(&items[*place]))).await?;
    let mut answers: Vec<_> = places.into_iter().zip(done).collect();
    answers.sort_unstable_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}
