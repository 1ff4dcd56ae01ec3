//! Waiting for a Redis that does not answer, in the background, so that no request pays for a trial.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bb8_redis::bb8::ManageConnection as _;
use tokio::time::{Instant, sleep, timeout};

use crate::connections::{Connection, Connector};
use crate::failure::Failure;
use crate::gateway::Inner;
use crate::{RedisSettings, eviction};

/// The most that opening a connection may take in a trial. Longer ones are tried again.
const TRIAL: Duration = Duration::from_secs(1);

/// Makes trials until one is answered or nobody is left who would use the connection.
pub(crate) async fn recover(redis: Weak<Inner>) {
    let began = Instant::now();
    tracing::warn!("Redis does not answer and is not asked until it does again");
    loop {
        let Some(wait) = redis.upgrade().map(|redis| wait(&redis)) else {
            return;
        };
        sleep(wait).await;
        let Some(redis) = redis.upgrade() else {
            return;
        };
        let now = Instant::now().into_std();
        let Some(permit) = redis.breaker().admit(now) else {
            continue;
        };
        match redis.try_out().await {
            Ok(mut connection) => {
                eviction::warn(&mut connection, &redis.settings).await;
                redis.start_over(connection);
                redis.breaker().succeeded(permit);
                tracing::info!(away = ?began.elapsed(), "Redis answers again");
                return;
            }
            Err(_) => {
                let now = Instant::now().into_std();
                redis.breaker().failed(permit, now);
            }
        }
    }
}

fn wait(redis: &Arc<Inner>) -> Duration {
    redis.breaker().wait(Instant::now().into_std())
}

/// Opens a connection, however long that takes within the bounds, and asks over it, which must not take longer than requests
/// would wait: a server that is slow is as good as away.
pub(crate) async fn try_out(
    connector: &Connector,
    settings: &RedisSettings,
) -> Result<Connection, Failure> {
    let patience = settings.connection_timeout.min(TRIAL);
    let opened = timeout(patience, connector.connect()).await;
    let mut connection = opened
        .map_err(|_| Failure::Silent(patience))?
        .map_err(Failure::Connection)?;
    let asked = timeout(settings.deadline, connector.is_valid(&mut connection)).await;
    asked
        .map_err(|_| Failure::Silent(settings.deadline))?
        .map_err(Failure::of)?;
    Ok(connection)
}
