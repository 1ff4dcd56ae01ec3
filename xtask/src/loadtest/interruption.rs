//! Ctrl-C and SIGTERM: the first one ends a load in order, so that the figures of what was measured until then are not lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::verdict::NOT_MEASURED;

/// Signals this close together are one wish: `timeout` tells a process by itself and once more with its group.
const ONE_WISH: Duration = Duration::from_millis(500);

/// Whether somebody wants the load to end. Clones know of the same wish.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    is_asked: Arc<AtomicBool>,
}

impl Interruption {
    /// Listens from now on, for as long as the process lives. A second signal ends it at once.
    ///
    /// # Errors
    ///
    /// When the system does not let us listen.
    pub(super) fn listen() -> anyhow::Result<Self> {
        // The load itself runs on runtimes that come and go.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the runtime does not start")?;
        let within = runtime.enter();
        let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
        drop(within);
        let interruption = Self::default();
        let told = interruption.clone();
        let listen = move || {
            runtime.block_on(async {
                next(&mut terminate, &mut interrupt).await;
                told.ask();
                eprintln!(
                    "interrupted: nothing more is sent, and what is under way is awaited; a second signal ends this at once"
                );
                let first = Instant::now();
                while first.elapsed() < ONE_WISH {
                    next(&mut terminate, &mut interrupt).await;
                }
            });
            end_at_once();
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(listen)
            .context("the thread for signals does not start")?;
        Ok(interruption)
    }

    pub(super) fn ask(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::SeqCst)
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever asks twice wants no shutdown; the kernel ends a server of our own with us"
)]
fn end_at_once() {
    std::process::exit(i32::from(NOT_MEASURED));
}
