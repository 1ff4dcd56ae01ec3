//! Who splits the traffic: a HAProxy, or a person who is told what to do.

use adapter_haproxy::{Address, HaProxy, Settings};
use rollout::traffic::{Controller, ControllerError, Weights};

use super::directory::Directory;

/// The weights that a person confirmed.
const CONFIRMED: &str = "weights.json";

#[derive(clap::Args, Debug, Clone)]
pub(crate) struct TrafficArguments {
    /// The runtime API of the HAProxy that splits the traffic, as /run/haproxy/admin.sock or 127.0.0.1:9999
    #[arg(long, value_name = "ADDRESS", required_unless_present = "manual")]
    haproxy: Option<Address>,
    /// Its backend with the canary's servers
    #[arg(long, value_name = "BACKEND", default_value = "canary")]
    canary_backend: String,
    /// Its backend with the stable version's servers
    #[arg(long, value_name = "BACKEND", default_value = "stable")]
    stable_backend: String,
    /// The file of its map with the canary's percentage, written as in haproxy.cfg
    #[arg(long, value_name = "FILE", default_value = "canary.map")]
    haproxy_map: String,
    /// No controller: a person splits the traffic, is told how, and confirms it with `rollout confirm`
    #[arg(long, conflicts_with = "haproxy")]
    manual: bool,
}

pub(crate) enum Traffic {
    HaProxy(HaProxy),
    Manual(Directory),
}

impl Traffic {
    /// A HAProxy with the shipped configuration.
    ///
    /// # Errors
    ///
    /// When the address cannot be used.
    pub(crate) fn of_haproxy(address: Address) -> anyhow::Result<Self> {
        Ok(Self::HaProxy(HaProxy::new(Settings::new(address))?))
    }
}

impl TrafficArguments {
    /// # Errors
    ///
    /// When a name cannot be one in HAProxy.
    pub(super) fn controller(&self, directory: &Directory) -> anyhow::Result<Traffic> {
        let Some(address) = &self.haproxy else {
            return Ok(Traffic::Manual(directory.clone()));
        };
        let settings = Settings {
            map: self.haproxy_map.clone(),
            canary: self.canary_backend.clone(),
            stable: self.stable_backend.clone(),
            ..Settings::new(address.clone())
        };
        Ok(Traffic::HaProxy(HaProxy::new(settings)?))
    }
}

/// A person split the traffic like this.
///
/// # Errors
///
/// When it cannot be written down.
pub(super) fn confirm(directory: &Directory, weights: Weights) -> anyhow::Result<()> {
    directory.write(CONFIRMED, &serde_json::to_string(&weights)?)
}

/// All traffic goes to the stable version until somebody confirms something else.
fn confirmed(directory: &Directory) -> Result<Weights, ControllerError> {
    match std::fs::read_to_string(directory.file(CONFIRMED)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Weights::ALL_STABLE),
        Err(error) => Err(ControllerError::Unavailable(Box::new(error))),
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| ControllerError::Unavailable(Box::new(error))),
    }
}

impl Controller for Traffic {
    fn weights(&self) -> Result<Weights, ControllerError> {
        match self {
            Self::HaProxy(haproxy) => haproxy.weights(),
            Self::Manual(directory) => confirmed(directory),
        }
    }

    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        match self {
            Self::HaProxy(haproxy) => haproxy.set(weights),
            Self::Manual(directory) => {
                if confirmed(directory)? != weights {
                    println!(
                        "TO DO: send {} % of the traffic to the canary and {} % to the stable version, then say so: \
                         cargo xtask rollout confirm --canary-percent {}",
                        weights.canary(),
                        weights.stable(),
                        weights.canary()
                    );
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_believed_when_they_say_so() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let traffic = Traffic::Manual(directory.clone());
        let five = Weights::with_canary(5).unwrap();
        assert_eq!(traffic.weights().unwrap(), Weights::ALL_STABLE);
        traffic.set(five).unwrap();
        // Being told is not doing.
        assert_eq!(traffic.weights().unwrap(), Weights::ALL_STABLE);
        confirm(&directory, five).unwrap();
        assert_eq!(traffic.weights().unwrap(), five);
    }
}
