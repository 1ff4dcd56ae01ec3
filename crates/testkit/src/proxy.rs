//! A proxy in front of a real server that injects the failures of networks, switched at run time.
//!
//! ```text
//! let proxy = Proxy::start(server_address);
//! client.connect(proxy.address());
//! proxy.set(Fault::Swallow);
//! ```
//!
//! It runs on a thread of its own, so that it goes on whatever the test's runtime does.

mod connection;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::connection::serve;
use crate::own_thread;

/// What happens to traffic from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: everything passes at once.
    None,
    /// What the server answers arrives later by so much. Nothing is lost, and nothing waits for what came before it.
    Delay(Duration),
    /// New connections are refused; open ones go on.
    Refuse,
    /// Half-open: connections are accepted and nothing is ever answered. A connection on which something was swallowed stays
    /// dead, also when the fault is over.
    Swallow,
    /// Open connections are reset at once, new ones as soon as they are accepted.
    Reset,
    /// Each connection is closed after so many more bytes of answers; new ones, too.
    CutAfter(usize),
}

/// A fault to begin, and whom to tell that it has.
type Order = (Fault, std::sync::mpsc::Sender<()>);

/// A listening proxy. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    orders: mpsc::UnboundedSender<Order>,
    open: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a free port and passes everything to `target`.
    ///
    /// # Panics
    /// When the loopback has no free port.
    pub fn start(target: SocketAddr) -> Self {
        let (orders, ordered) = mpsc::unbounded_channel();
        let open = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&open);
        let (address, thread) = own_thread::listen(move |say| async move {
            let door = Door::build().expect("the loopback has free ports");
            let listener = door.open().expect("the port is reserved");
            say.send(door.address).expect("the test waits");
            run(door, listener, target, ordered, counted).await;
        });
        Self {
            address,
            orders,
            open,
            thread: Some(thread),
        }
    }

    /// Where to connect instead of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, this happens: when this returns, a connection that is opened meets it already.
    pub fn set(&self, fault: Fault) {
        let (say, heard) = std::sync::mpsc::channel();
        if self.orders.send((fault, say)).is_ok() {
            let _ = heard.recv();
        }
    }

    /// Connections that clients have open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The thread ends when nobody can give it orders any more.
        self.orders = mpsc::unbounded_channel().0;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port that stays ours while nobody listens on it.
struct Door {
    address: SocketAddr,
    _reserved: TcpSocket,
}

impl Door {
    fn build() -> io::Result<Self> {
        let reserved = TcpSocket::new_v4()?;
        reserved.set_reuseaddr(true)?;
        reserved.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            address: reserved.local_addr()?,
            _reserved: reserved,
        })
    }

    fn open(&self) -> io::Result<TcpListener> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        socket.listen(1_024)
    }
}

async fn run(
    door: Door,
    listener: TcpListener,
    target: SocketAddr,
    mut orders: mpsc::UnboundedReceiver<Order>,
    open: Arc<AtomicUsize>,
) {
    let (fault, faults) = watch::channel(Fault::None);
    let mut connections = JoinSet::new();
    let mut listener = Some(listener);
    loop {
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => {
                let Some((ordered, done)) = order else { return };
                if ordered == Fault::Refuse {
                    listener = None;
                } else if listener.is_none() {
                    listener = Some(door.open().expect("the port is reserved"));
                }
                fault.send_replace(ordered);
                let _ = done.send(());
            }
            Ok((client, _)) = accepted => {
                let (faults, open) = (faults.clone(), Arc::clone(&open));
                open.fetch_add(1, Ordering::SeqCst);
                connections.spawn(async move {
                    serve(client, target, faults).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
