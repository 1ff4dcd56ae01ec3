//! `cargo xtask tasks`: tasks of agents, for operators: look at them, cancel them, give those that failed another chance, and
//! those who were not told of theirs another try.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::builder::PossibleValuesParser;
use domain::Term;
use domain::task::{PlainText, TaskAction, TaskId, TaskState};
use ports::{
    BuriedNotice, Clock as _, Commanded, ListedTask, NoticeKey, TaskFilter, TaskOutbox, TaskStore,
};
use serde_json::json;

use crate::store::{Store, StoreArguments};
use crate::system_clock::SystemClock;

const HELP: &str = "\
Works on Postgres and on SQLite, while the server runs. Tasks and notices are printed as NDJSON, newest first, without what was sent and answered.

Exit codes: 0 done; 1 it could not be done, see the message; 2 wrong arguments.

Examples:
  cargo xtask tasks list --state dead            what was given up
  cargo xtask tasks requeue task-1 task-2        give them all their attempts again
  cargo xtask tasks requeue --all-dead           give all that were given up another chance
  cargo xtask tasks cancel task-3
  cargo xtask tasks notices --buried             what senders were not told, and why
  cargo xtask tasks redeliver task-4.17          try a notice again, by its key
  cargo xtask tasks redeliver --all-buried       try all of them again";

/// What is read at once.
const PAGE: usize = 500;

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print tasks, newest first
    List {
        #[arg(long, value_parser = PossibleValuesParser::new(codes::<TaskState>()))]
        state: Option<String>,
        #[arg(long, value_parser = PossibleValuesParser::new(codes::<TaskAction>()))]
        action: Option<String>,
        /// Of one requester
        #[arg(long, value_name = "NAME", value_parser = PlainText::<256>::parse)]
        requested_by: Option<PlainText<256>>,
        /// The newest N
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Print one task with its result
    Show {
        #[arg(value_name = "TASK_ID", value_parser = TaskId::parse)]
        id: TaskId,
    },
    /// End tasks that wait or are worked at
    Cancel {
        #[arg(value_name = "TASK_ID", required = true, value_parser = TaskId::parse)]
        ids: Vec<TaskId>,
    },
    /// Give tasks that failed all their attempts again
    Requeue {
        #[arg(value_name = "TASK_ID", required_unless_present = "all_dead", value_parser = TaskId::parse)]
        ids: Vec<TaskId>,
        /// All that were given up
        #[arg(long, conflicts_with = "ids")]
        all_dead: bool,
    },
    /// Print notices that were given up, newest first
    Notices {
        /// Those that were given up; others are on their way, and not listed
        #[arg(long)]
        buried: bool,
        /// The newest N
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Try notices again that were given up
    Redeliver {
        /// Their keys, as `notices` prints them
        #[arg(value_name = "KEY", required_unless_present = "all_buried", value_parser = key)]
        keys: Vec<NoticeKey>,
        /// All that were given up
        #[arg(long, conflicts_with = "keys")]
        all_buried: bool,
    },
}

fn key(text: &str) -> Result<NoticeKey, &'static str> {
    NoticeKey::parse(text)
        .ok_or("must be the key of a notice, TASK_ID.NUMBER, as `tasks notices --buried` prints it")
}

fn codes<T: Term>() -> Vec<&'static str> {
    T::ALL.iter().map(|term| term.code()).collect()
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(async {
        let store = arguments.store.open_existing().await?;
        let done = match &store {
            Store::Sqlite(store) => obey(&arguments.command, store).await,
            Store::Postgres(store) => obey(&arguments.command, store).await,
        };
        store.close().await;
        done
    })
}

async fn obey(
    command: &Command,
    store: &(impl TaskStore + TaskOutbox),
) -> anyhow::Result<ExitCode> {
    match command {
        Command::List {
            state,
            action,
            requested_by,
            limit,
        } => {
            let filter = TaskFilter {
                state: state.as_deref().and_then(TaskState::from_code),
                action: action.as_deref().and_then(TaskAction::from_code),
                requested_by: requested_by.clone(),
            };
            for task in store.list(filter, None, *limit).await?.tasks {
                println!("{}", line_of(&task));
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { id } => show(id, store).await,
        Command::Cancel { ids } => {
            let mut all_done = true;
            for id in ids {
                let commanded = store.cancel(id, SystemClock.now()).await?;
                all_done &= said(id, "cancelled", commanded);
            }
            Ok(code(all_done))
        }
        Command::Requeue { ids, all_dead } => {
            let ids = if *all_dead {
                dead(store).await?
            } else {
                ids.clone()
            };
            let mut all_done = true;
            for id in &ids {
                let commanded = store.requeue(id, SystemClock.now()).await?;
                all_done &= said(id, "queued again", commanded);
            }
            println!("{} tasks", ids.len());
            Ok(code(all_done))
        }
        Command::Notices { buried, limit } => {
            ensure!(
                *buried,
                "only notices that were given up are listed: say `tasks notices --buried`"
            );
            for notice in store.buried(None, *limit).await?.notices {
                println!("{}", line_of_notice(&notice));
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Redeliver { keys, all_buried } => {
            let keys = if *all_buried {
                buried(store).await?
            } else {
                keys.clone()
            };
            let mut all_done = true;
            for key in &keys {
                let is_done = store.redeliver(key, SystemClock.now()).await?;
                if is_done {
                    println!("{key}: tried again");
                } else {
                    eprintln!("{key}: nothing changed, there is no such notice that was given up");
                }
                all_done &= is_done;
            }
            println!("{} notices", keys.len());
            Ok(code(all_done))
        }
    }
}

fn code(all_done: bool) -> ExitCode {
    if all_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Says what became of an order.
fn said(id: &TaskId, done: &str, commanded: Commanded) -> bool {
    match commanded {
        Commanded::Done => println!("{id}: {done}"),
        Commanded::NotFound => eprintln!("{id}: there is no such task"),
        Commanded::Refused(state) => eprintln!("{id}: nothing changed, it is {}", state.code()),
    }
    commanded == Commanded::Done
}

/// All of them, page by page.
async fn dead(store: &impl TaskStore) -> anyhow::Result<Vec<TaskId>> {
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let filter = TaskFilter {
            state: Some(TaskState::Dead),
            ..TaskFilter::default()
        };
        let page = store.list(filter, before, PAGE).await?;
        ids.extend(page.tasks.into_iter().map(|task| task.id));
        before = page.next_before;
        if before.is_none() {
            return Ok(ids);
        }
    }
}

/// As [`dead`], of notices.
async fn buried(store: &impl TaskOutbox) -> anyhow::Result<Vec<NoticeKey>> {
    let (mut keys, mut before) = (Vec::new(), None);
    loop {
        let page = store.buried(before, PAGE).await?;
        keys.extend(page.notices.into_iter().map(|notice| notice.key));
        before = page.next_before;
        if before.is_none() {
            return Ok(keys);
        }
    }
}

async fn show(id: &TaskId, store: &impl TaskStore) -> anyhow::Result<ExitCode> {
    let Some(task) = store.get(id).await? else {
        bail!("there is no task {id}");
    };
    let read = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
    let progress = &task.progress;
    let shown = json!({
        "task_id": id.as_str(),
        "action": task.spec.action,
        "owner": task.spec.owner.as_str(),
        "requested_by": task.spec.requested_by.as_str(),
        "state": progress.state,
        "attempts": progress.attempts,
        "created_at": progress.created_at,
        "finished_at": progress.finished_at,
        "error": progress.error.as_ref().map(ToString::to_string),
        "result": task.result.as_ref().map(|result| read(result.as_str())),
    });
    println!("{shown:#}");
    Ok(ExitCode::SUCCESS)
}

fn line_of(task: &ListedTask) -> serde_json::Value {
    let progress = &task.progress;
    json!({
        "task_id": task.id.as_str(),
        "action": task.action,
        "requested_by": task.requested_by.as_str(),
        "state": progress.state,
        "attempts": progress.attempts,
        "created_at": progress.created_at,
        "finished_at": progress.finished_at,
        "error": progress.error.as_ref().map(ToString::to_string),
    })
}

fn line_of_notice(notice: &BuriedNotice) -> serde_json::Value {
    json!({
        "key": notice.key.to_string(),
        "task_id": notice.key.task.as_str(),
        "status": notice.kind,
        "reply_to": notice.reply_to.as_str(),
        "at": notice.at,
        "buried_at": notice.buried_at,
        "attempts": notice.attempts,
        "error": notice.error.as_str(),
    })
}
