//! Listening for writes of others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::connecting::Connector;

/// What writers notify.
pub(crate) const CHANNEL: &str = "scholarship_changes";

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A silent connection is tried this often.
const TRY_EVERY: Duration = Duration::from_secs(30);
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

pub(crate) fn start(connector: Arc<Connector>) -> watch::Receiver<u64> {
    let (sender, receiver) = watch::channel(0);
    let sender = Arc::new(sender);
    tokio::spawn(async move {
        tokio::select! {
            () = sender.closed() => {}
            () = listen_for_ever(&connector, &sender) => {}
        }
    });
    receiver
}

async fn listen_for_ever(connector: &Connector, sender: &Arc<watch::Sender<u64>>) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        if listen(connector, sender).await {
            pause = SHORTEST_PAUSE;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Until the connection is lost; answers whether there was one.
async fn listen(connector: &Connector, sender: &Arc<watch::Sender<u64>>) -> bool {
    let notify = Arc::clone(sender);
    let wake = move || notify.send_modify(|count| *count = count.wrapping_add(1));
    let connected = timeout(ANSWER_DEADLINE, connector.listen(wake.clone())).await;
    let Ok(Ok((client, driven))) = connected else {
        return false;
    };
    let listening = async {
        let listen = format!("LISTEN {CHANNEL}");
        let mut statement = listen.as_str();
        while let Ok(Ok(())) = timeout(ANSWER_DEADLINE, client.batch_execute(statement)).await {
            if statement == listen {
                // Whatever was written since the last connection was lost.
                wake();
                statement = "SELECT 1";
            }
            sleep(TRY_EVERY).await;
        }
    };
    tokio::select! {
        () = driven => {}
        () = listening => {}
    }
    true
}
