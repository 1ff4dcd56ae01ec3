//! Connections that read, lent to blocking threads of the runtime.
//!
//! The runtime's blocking pool was chosen over threads of our own: it grows with use and shrinks when idle, and the
//! semaphore here bounds how much of it the store takes. Rows are decoded where they are read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::{OpenError, database_file};

/// How long a caller waits for a connection.
const LEASE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a caller waits for the rows.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    permits: Arc<Semaphore>,
    size: u32,
}

impl Readers {
    pub(crate) fn open(path: &Path, size: u32) -> Result<Self, OpenError> {
        let connections = (0..size)
            .map(|_| database_file::open_for_reading(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            idle: Arc::new(Mutex::new(connections)),
            size,
        })
    }

    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    pub(crate) fn in_use(&self) -> u32 {
        let idle = u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX);
        self.size.saturating_sub(idle)
    }

    /// Runs `work` with a connection on a blocking thread. When the caller goes away, the work ends by itself and the
    /// connection returns.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let permit = timeout(LEASE_DEADLINE, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Failure::Crowded(LEASE_DEADLINE))?
            .map_err(|_| Failure::Closed)?;
        let mut lease = self.lend(permit).ok_or(Failure::Closed)?;
        let answer = tokio::task::spawn_blocking(move || {
            let connection = lease.connection.as_mut().ok_or(Failure::Closed)?;
            work(connection)
        });
        timeout(ANSWER_DEADLINE, answer)
            .await
            .map_err(|_| Failure::Silent(ANSWER_DEADLINE))?
            .map_err(|_| Failure::Panicked)?
    }

    /// Later reads fail; those that run end by themselves.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn lend(&self, permit: OwnedSemaphorePermit) -> Option<Lease> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Lease {
            connection: Some(idle.pop()?),
            idle: Arc::clone(&self.idle),
            permits: Arc::clone(&self.permits),
            _permit: permit,
        })
    }
}

/// Gives the connection back before its permit, even when the work panics.
struct Lease {
    connection: Option<SqliteConnection>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    permits: Arc<Semaphore>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.permits.is_closed()
        {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}
