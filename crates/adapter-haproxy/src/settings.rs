//! Which HAProxy, and what its configuration calls things.

use std::time::Duration;

use crate::{Address, HaProxyError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub address: Address,
    /// The map with the canary's percentage, written as in `haproxy.cfg`.
    pub map: String,
    /// Its key there.
    pub key: String,
    /// The names of both versions' backends.
    pub canary: String,
    pub stable: String,
    /// For one command with its answer.
    pub patience: Duration,
}

impl Settings {
    /// As `deploy/haproxy/haproxy.cfg` has it, with two seconds for each command.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            map: "canary.map".to_owned(),
            key: "canary".to_owned(),
            canary: "canary".to_owned(),
            stable: "stable".to_owned(),
            patience: Duration::from_secs(2),
        }
    }

    pub(crate) fn check(&self) -> Result<(), HaProxyError> {
        for name in [&self.map, &self.key, &self.canary, &self.stable] {
            check_name(name)?;
        }
        if self.canary == self.stable {
            return Err(HaProxyError::SameBackend(self.canary.clone()));
        }
        Ok(())
    }
}

/// A name must not become a second command.
pub(crate) fn check_name(name: &str) -> Result<(), HaProxyError> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_fine) {
        return Err(HaProxyError::Name(name.to_owned()));
    }
    Ok(())
}
