//! Who splits the traffic: a HAProxy, or a person who is told what to do.

use std::cell::Cell;

use adapter_haproxy::{Address, HaProxy, Settings};
use anyhow::Context as _;
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
    Manual(Person),
}

/// Reads what is to be done, once for each weight.
pub(crate) struct Person {
    directory: Directory,
    /// What is so while nobody has confirmed anything.
    unsaid: Option<Weights>,
    told: Cell<Option<Weights>>,
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

    /// None where a person splits the traffic.
    pub(super) fn router(&self) -> Option<&HaProxy> {
        match self {
            Self::HaProxy(router) => Some(router),
            Self::Manual(_) => None,
        }
    }
}

impl TrafficArguments {
    /// # Errors
    ///
    /// When a name cannot be one in HAProxy.
    pub(super) fn controller(&self, directory: &Directory) -> anyhow::Result<Traffic> {
        let Some(address) = &self.haproxy else {
            return Ok(Traffic::Manual(Person::new(directory)));
        };
        let settings = Settings {
            map: self.haproxy_map.clone(),
            canary: self.canary_backend.clone(),
            stable: self.stable_backend.clone(),
            ..Settings::new(address.clone())
        };
        Ok(Traffic::HaProxy(HaProxy::new(settings)?))
    }

    /// For a rollback: what was confirmed before it is forgotten, so that a person must say now that the traffic is back.
    ///
    /// # Errors
    ///
    /// When a name cannot be one in HAProxy, or the old confirmation cannot be removed.
    pub(super) fn controller_of_rollback(&self, directory: &Directory) -> anyhow::Result<Traffic> {
        let mut controller = self.controller(directory)?;
        if let Traffic::Manual(person) = &mut controller {
            person.unsaid = None;
            let path = directory.file(CONFIRMED);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(controller)
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

impl Controller for Traffic {
    fn weights(&self) -> Result<Weights, ControllerError> {
        match self {
            Self::HaProxy(haproxy) => haproxy.weights(),
            Self::Manual(person) => person.confirmed(),
        }
    }

    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        match self {
            Self::HaProxy(haproxy) => haproxy.set(weights),
            Self::Manual(person) => person.tell(weights),
        }
    }
}

/// Whoever drives may look at it as well.
impl Controller for &Traffic {
    fn weights(&self) -> Result<Weights, ControllerError> {
        (**self).weights()
    }

    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        (**self).set(weights)
    }
}

impl Person {
    fn new(directory: &Directory) -> Self {
        Self {
            directory: directory.clone(),
            unsaid: Some(Weights::ALL_STABLE),
            told: Cell::new(None),
        }
    }

    fn confirmed(&self) -> Result<Weights, ControllerError> {
        match std::fs::read_to_string(self.directory.file(CONFIRMED)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.unsaid.ok_or_else(|| {
                    let unsaid = "nobody has confirmed how the traffic is split: `rollout confirm`";
                    ControllerError::Unavailable(unsaid.into())
                })
            }
            Err(error) => Err(ControllerError::Unavailable(Box::new(error))),
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| ControllerError::Unavailable(Box::new(error))),
        }
    }

    fn tell(&self, weights: Weights) -> Result<(), ControllerError> {
        if self.confirmed().is_ok_and(|confirmed| confirmed == weights)
            || self.told.replace(Some(weights)) == Some(weights)
        {
            return Ok(());
        }
        eprintln!(
            "TO DO: send {} % of the traffic to the canary and {} % to the stable version, then say so: \
             cargo xtask rollout confirm --canary-percent {}",
            weights.canary(),
            weights.stable(),
            weights.canary()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_believed_when_they_say_so() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let traffic = Traffic::Manual(Person::new(&directory));
        let five = Weights::with_canary(5).unwrap();
        assert_eq!(traffic.weights().unwrap(), Weights::ALL_STABLE);
        traffic.set(five).unwrap();
        // Being told is not doing.
        assert_eq!(traffic.weights().unwrap(), Weights::ALL_STABLE);
        confirm(&directory, five).unwrap();
        assert_eq!(traffic.weights().unwrap(), five);
    }

    /// Whatever was confirmed of an earlier split says nothing about this moment.
    #[test]
    fn a_rollback_believes_nothing_that_was_said_before_it() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let arguments = TrafficArguments {
            haproxy: None,
            canary_backend: "canary".to_owned(),
            stable_backend: "stable".to_owned(),
            haproxy_map: "canary.map".to_owned(),
            manual: true,
        };
        for was_confirmed in [false, true] {
            if was_confirmed {
                confirm(&directory, Weights::ALL_STABLE).unwrap();
            }
            let traffic = arguments.controller_of_rollback(&directory).unwrap();
            assert!(traffic.weights().is_err());
            traffic.set(Weights::ALL_STABLE).unwrap();
            assert!(traffic.weights().is_err());
            confirm(&directory, Weights::ALL_STABLE).unwrap();
            assert_eq!(traffic.weights().unwrap(), Weights::ALL_STABLE);
        }
    }
}
