//! Connections of clients: how many one address may keep open, and how long one may be open without asking anything.
//!
//! The server library gives up a first request whose head does not come to an end, and a connection that rests, but waits for
//! ever for the rest of a later head: one byte now and then would keep a connection. So those that have had no request at work
//! for a while are closed from here.

use std::any::Any;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use pin_project_lite::pin_project;
use socket2::{SockRef, Socket};

use super::client_address::{TrustedProxies, limited_address};

/// A connection without a request at work is closed after this long: more than the server library lets it rest, and than a head
/// may take.
const STALLED_AFTER: Duration = Duration::from_secs(10);

/// Knows the open connections, but for those of trusted proxies: they bring many clients, and have timeouts of their own.
pub struct Connections {
    most: usize,
    proxies: TrustedProxies,
    began: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Only addresses with open connections; IPv6 by /64.
    by_address: HashMap<IpAddr, usize>,
    by_number: HashMap<u64, Arc<Connection>>,
    next_number: u64,
}

struct Connection {
    /// A handle of its own to the same socket.
    socket: Socket,
    is_busy: AtomicBool,
    /// When it was last busy, in milliseconds since [`Connections::began`].
    busy_until: AtomicU64,
}

/// Kept with the connection, and dropped when it ends.
pub(crate) struct Registered {
    connections: Arc<Connections>,
    connection: Option<Arc<Connection>>,
    address: IpAddr,
    number: u64,
}

impl Connections {
    /// At most `most` connections of one address.
    pub fn new(most: usize, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            most,
            proxies,
            began: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// Takes a new connection into account; one too many is closed before anything is read from it. For
    /// `HttpServer::on_connect`.
    pub fn admit(self: &Arc<Self>, connection: &dyn Any, kept: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else {
            return;
        };
        let Ok(peer) = stream.peer_addr() else {
            return;
        };
        if self.proxies.contain(peer.ip().to_canonical()) {
            return;
        }
        let address = limited_address(peer.ip());
        let (count, registered) = self.register(address, stream);
        if count > self.most {
            tracing::debug!("a connection was closed: its address has too many");
            let _ = SockRef::from(stream).shutdown(Shutdown::Both);
        }
        kept.insert(registered);
    }

    /// Answers how many the address has, this one included.
    fn register(self: &Arc<Self>, address: IpAddr, stream: &TcpStream) -> (usize, Registered) {
        let connection = SockRef::from(stream).try_clone().map(|socket| {
            Arc::new(Connection {
                socket,
                is_busy: AtomicBool::new(false),
                busy_until: AtomicU64::new(self.milliseconds()),
            })
        });
        // Without a second handle it goes unwatched, which is better than not at all.
        let connection = connection.ok();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.by_address.entry(address).or_default();
        *count += 1;
        let count = *count;
        let number = open.next_number;
        open.next_number += 1;
        if let Some(connection) = &connection {
            open.by_number.insert(number, Arc::clone(connection));
        }
        let registered = Registered {
            connections: Arc::clone(self),
            connection,
            address,
            number,
        };
        (count, registered)
    }

    /// Closes connections that have had no request at work for ten seconds: to be called about once a second.
    pub fn close_stalled(&self) {
        let now = self.milliseconds();
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in open.by_number.values() {
            let rested = now.saturating_sub(connection.busy_until.load(Ordering::Relaxed));
            if !connection.is_busy.load(Ordering::Relaxed)
                && u128::from(rested) > STALLED_AFTER.as_millis()
            {
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
        }
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Registered {
    /// The connection has a request at work until the answer is dropped.
    pub(crate) fn busy(&self) -> Option<Busy> {
        let connection = Arc::clone(self.connection.as_ref()?);
        connection.is_busy.store(true, Ordering::Relaxed);
        Some(Busy {
            connections: Arc::clone(&self.connections),
            connection,
        })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let open = &self.connections.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.by_number.remove(&self.number);
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// A request at work.
pub(crate) struct Busy {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = self.connections.milliseconds();
        self.connection.busy_until.store(now, Ordering::Relaxed);
        self.connection.is_busy.store(false, Ordering::Relaxed);
    }
}

pin_project! {
    /// A body whose connection is busy until it is sent.
    pub(crate) struct BusyBody<B> {
        #[pin]
        body: B,
        busy: Option<Busy>,
    }
}

impl<B> BusyBody<B> {
    pub(crate) fn new(body: B, busy: Option<Busy>) -> Self {
        Self { body, busy }
    }
}

impl<B: MessageBody> MessageBody for BusyBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(context)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, busy } = self;
        body.try_into_bytes().map_err(|body| Self { body, busy })
    }
}
