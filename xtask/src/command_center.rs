//! `cargo xtask command-center`: a Command Center to try a server with. It sends tasks, shows what it is told, and checks every
//! signature and every repetition.

mod orders;
mod sending;
mod watching;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use auth::{Timestamp, TokenKey, TokenSettings, secret_weakness};
use ports::Clock as _;
use testkit::command_center_stub::{Call, CommandCenterStub};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use self::orders::{Order, demonstration};
use self::sending::Sender;
use self::watching::Watch;
use crate::system_clock::SystemClock;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 for a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The server that tasks are sent to; waited for when it is not there yet
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5000")]
    api: String,
    /// Send a task: search WORDS, analytics DAYS, or any action with its payload as JSON; may be repeated
    #[arg(long, num_args = 2, value_names = ["ACTION", "WHAT"])]
    send: Vec<String>,
    /// Send one task of each action
    #[arg(long)]
    demo: bool,
    /// Go on after every task that was sent has come to its end
    #[arg(long)]
    stay: bool,
    /// How long those tasks are waited for, once they are sent
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,
    /// So many of a hundred callbacks fail on purpose, after they were taken in
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    fail: u32,
    /// What the server knows us by; one is made when it is not given
    #[arg(long, env = "SHARED_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// The issuer of tokens to the server, and the audience of those from it
    #[arg(long, env = "JWT_ISSUER", default_value = "auto-com-center")]
    issuer: String,
    /// The audience of tokens to the server, and the issuer of those from it
    #[arg(long, env = "JWT_AUDIENCE", default_value = "scholar-sync-agents")]
    audience: String,
}

/// Fails when a task was refused or did not succeed in time, or when anything was wrong with what the server told.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut orders = Order::read_all(&arguments.send)?;
    if arguments.demo {
        orders.extend(demonstration());
    }
    let given = arguments.secret.clone().filter(|secret| !secret.is_empty());
    let made = given.is_none();
    let secret = given.unwrap_or_else(random_secret);
    if let Some(weakness) = secret_weakness(&secret) {
        eprintln!("warning: SHARED_SECRET {weakness}; a server in production refuses it");
    }
    let stub = CommandCenterStub::start_on(arguments.port)
        .with_context(|| format!("cannot listen on port {}", arguments.port))?;
    stub.fail_callbacks(arguments.fail, 0);
    introduce(&stub, made.then_some(secret.as_str()));
    let key = TokenKey::new(secret.into())?;
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(attend(arguments, &stub, &key, &orders))
}

fn random_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// A secret that was given is known to whoever gave it, and is not shown.
fn introduce(stub: &CommandCenterStub, made: Option<&str>) {
    let secret = made.map_or_else(
        || "\"$SHARED_SECRET\"".to_owned(),
        |secret| format!("'{secret}'"),
    );
    println!(
        "A Command Center listens on {}. Start the server with",
        stub.url()
    );
    println!();
    println!(
        "  COMMAND_CENTER_URL={} SHARED_SECRET={secret} cargo run",
        stub.url()
    );
    println!();
}

async fn attend(
    arguments: &Arguments,
    stub: &CommandCenterStub,
    key: &TokenKey,
    orders: &[Order],
) -> anyhow::Result<ExitCode> {
    let (say, heard) = tokio::sync::mpsc::unbounded_channel();
    stub.on_call(move |call| {
        // Nobody listens any more when the command ends.
        let _ = say.send((call.clone(), SystemClock.now()));
    });
    let ours = TokenSettings {
        issuer: arguments.issuer.clone(),
        audience: arguments.audience.clone(),
        ..TokenSettings::default()
    };
    let mut watch = Watch::new(&ours, key);
    let sender = Sender::new(&arguments.api, ours, key)?;
    let attended = async {
        let sent = sender.send_all(orders, stub).await?;
        watch.expect(&sent.taken);
        watch.count_refused(sent.refusals.len());
        follow(heard, &mut watch, arguments, !orders.is_empty()).await;
        anyhow::Ok(())
    };
    tokio::select! {
        ended = attended => ended?,
        _ = tokio::signal::ctrl_c() => {}
    }
    println!("{}", watch.summary());
    Ok(if watch.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Shows what comes; ends when every task has come to its end, or when that takes too long.
async fn follow(
    mut heard: UnboundedReceiver<(Call, Timestamp)>,
    watch: &mut Watch,
    arguments: &Arguments,
    is_waiting: bool,
) {
    let goes_on = arguments.stay || !is_waiting;
    let patience = tokio::time::sleep(Duration::from_secs(arguments.patience));
    tokio::pin!(patience);
    while goes_on || watch.is_waiting() {
        tokio::select! {
            call = heard.recv() => {
                let Some((call, now)) = call else { return };
                for line in watch.hear(&call, now) {
                    println!("{} {line}", now.format("%H:%M:%S%.3f"));
                }
            }
            () = &mut patience, if !goes_on => return,
        }
    }
}
