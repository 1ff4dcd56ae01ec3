//! HAProxy as the controller of traffic.

use rollout::traffic::{Controller, ControllerError, Weights};

use crate::answers::{backend, map_error, process, unexpected, weights};
use crate::conversation::ask;
use crate::settings::check_name;
use crate::{Backend, HaProxyError, Overview, ServerState, Settings};

const SHOW_STAT: &str = "show stat";
const SHOW_INFO: &str = "show info";

/// One HAProxy. Each command is a connection of its own, so a HAProxy that starts again in between is no trouble.
#[derive(Debug, Clone)]
pub struct HaProxy {
    settings: Settings,
}

impl HaProxy {
    /// Opens no connection.
    ///
    /// # Errors
    ///
    /// When a name cannot be one in HAProxy.
    pub fn new(settings: Settings) -> Result<Self, HaProxyError> {
        settings.check()?;
        Ok(Self { settings })
    }

    /// Weights, servers and counts of both versions. Needs no rights but to read.
    ///
    /// # Errors
    ///
    /// When HAProxy does not answer, or is set up otherwise.
    pub fn overview(&self) -> Result<Overview, HaProxyError> {
        let info = ask(&self.settings, SHOW_INFO)?;
        let (canary, stable) = self.backends()?;
        Ok(Overview {
            process: process(SHOW_INFO, &info)?,
            weights: self.read_weights()?,
            canary,
            stable,
        })
    }

    /// Puts a server of the stable version into maintenance: it gets nothing new until it is set to `ready` by hand or HAProxy starts
    /// again. What it answers now, it may answer to the end.
    ///
    /// # Errors
    ///
    /// When HAProxy does not answer or knows no such server, or it is not in maintenance afterwards.
    pub fn take_out(&self, server: &str) -> Result<(), HaProxyError> {
        check_name(server)?;
        let command = format!("set server {}/{server} state maint", self.settings.stable);
        let answer = ask(&self.settings, &command)?;
        if !answer.trim().is_empty() {
            return Err(unexpected(&command, &answer));
        }
        let (_, stable) = self.backends()?;
        let is_out = stable
            .servers
            .iter()
            .any(|known| known.name == server && known.state == ServerState::Maintenance);
        if is_out {
            Ok(())
        } else {
            Err(HaProxyError::NotTakenOut {
                server: server.to_owned(),
            })
        }
    }

    fn backends(&self) -> Result<(Backend, Backend), HaProxyError> {
        let statistics = ask(&self.settings, SHOW_STAT)?;
        let read = |name: &str| backend(SHOW_STAT, &statistics, name);
        Ok((read(&self.settings.canary)?, read(&self.settings.stable)?))
    }

    fn read_weights(&self) -> Result<Weights, HaProxyError> {
        let command = format!("show map {}", self.settings.map);
        weights(&self.settings, &ask(&self.settings, &command)?)
    }

    /// # Errors
    ///
    /// When a version would get traffic that has no ready server.
    fn check_ready(&self, weights: Weights) -> Result<Option<HaProxyError>, HaProxyError> {
        let (canary, stable) = self.backends()?;
        let parts = [
            (weights.canary(), &self.settings.canary, canary),
            (weights.stable(), &self.settings.stable, stable),
        ];
        let lacking = parts
            .into_iter()
            .find(|(part, _, backend)| *part > 0 && backend.ready() == 0);
        Ok(
            lacking.map(|(_, name, backend)| HaProxyError::NothingReady {
                backend: name.clone(),
                servers: backend.servers.len(),
            }),
        )
    }

    fn write(&self, weights: Weights) -> Result<(), HaProxyError> {
        if self.read_weights()? == weights {
            return Ok(());
        }
        let Settings { map, key, .. } = &self.settings;
        let command = format!("set map {map} {key} {}", weights.canary());
        let answer = ask(&self.settings, &command)?;
        if let Some(error) = map_error(&self.settings, &answer) {
            return Err(error);
        }
        if !answer.trim().is_empty() {
            return Err(unexpected(&command, &answer));
        }
        let found = self.read_weights()?;
        if found == weights {
            Ok(())
        } else {
            Err(HaProxyError::NotInEffect {
                wanted: weights,
                found,
            })
        }
    }
}

impl Controller for HaProxy {
    fn weights(&self) -> Result<Weights, ControllerError> {
        self.read_weights().map_err(unavailable)
    }

    /// Weights that are in effect already are not written again.
    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        if let Some(cause) = self.check_ready(weights).map_err(unavailable)? {
            let cause = Box::new(cause);
            return Err(ControllerError::Refused { weights, cause });
        }
        self.write(weights).map_err(unavailable)
    }
}

fn unavailable(error: HaProxyError) -> ControllerError {
    ControllerError::Unavailable(Box::new(error))
}
