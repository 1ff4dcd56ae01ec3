//! How many connections one address may keep open.

use std::any::Any;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

use super::client_address::{TrustedProxies, limited_address};

/// Counts open connections by address, IPv6 by /64. Trusted proxies, which bring many clients, are not counted.
pub struct ConnectionLimit {
    most: usize,
    proxies: TrustedProxies,
    /// Only addresses with open connections.
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// Lives as long as its connection.
struct Counted {
    limit: Arc<ConnectionLimit>,
    address: IpAddr,
}

impl ConnectionLimit {
    /// At most `most` connections of one address.
    pub fn new(most: usize, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            most,
            proxies,
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
        if self.count(address) > self.most {
            tracing::debug!("a connection was closed: its address has too many");
            let _ = SockRef::from(stream).shutdown(Shutdown::Both);
        }
        kept.insert(Counted {
            limit: Arc::clone(self),
            address,
        });
    }

    /// Answers how many the address has, this one included.
    fn count(&self, address: IpAddr) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        *count += 1;
        *count
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self
            .limit
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
