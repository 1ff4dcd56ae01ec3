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
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::connection::serve;

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

/// A listening proxy. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    stop: watch::Sender<bool>,
    open: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a free port and passes everything to `target`.
    ///
    /// # Panics
    /// When the loopback has no free port.
    pub fn start(target: SocketAddr) -> Self {
        let (fault, faults) = watch::channel(Fault::None);
        let (stop, stopped) = watch::channel(false);
        let (say, heard) = std::sync::mpsc::channel();
        let open = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&open);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime starts");
            runtime.block_on(async {
                let door = Door::build().expect("the loopback has free ports");
                let listener = door.open().expect("the port is reserved");
                say.send(door.address).expect("the test waits");
                tokio::select! {
                    () = run(door, listener, target, faults, counted) => {}
                    () = until(stopped) => {}
                }
            });
        });
        Self {
            address: heard.recv().expect("the proxy listens"),
            fault,
            stop,
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

    /// From now on, this happens.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Connections that clients have open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
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
    mut faults: watch::Receiver<Fault>,
    open: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    let mut listener = Some(listener);
    loop {
        if *faults.borrow_and_update() == Fault::Refuse {
            listener = None;
        } else if listener.is_none() {
            listener = Some(door.open().expect("the port is reserved"));
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = faults.changed() => if changed.is_err() { return },
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
