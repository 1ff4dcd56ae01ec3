//! What is tested: a service that runs somewhere, or a server of our own on the sample catalogue.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use auth::TokenSettings;
use reqwest::Url;
use tokio::time::timeout;
use uuid::Uuid;

use super::bearers::Bearers;
use super::place::Place;
use super::requests::{Known, Requests};
use super::scenario::{Request, SCHOLARSHIP, Scenario, TASK};
use crate::http_connection::Manner;
use crate::running_server::{Launch, RunningServer};
use testkit::supervised::free_port;

/// For one request before the test begins.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tasks that are made beforehand, for requests that look at one.
const TASKS: usize = 20;

pub(super) struct Subject {
    pub(super) place: Place,
    /// As reports call it.
    pub(super) shown: String,
    pub(super) own: Option<OwnServer>,
}

/// A server that was started for the test, and what it uses of this machine.
pub(super) struct OwnServer {
    pub(super) server: RunningServer,
    pub(super) is_debug: bool,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Subject {
    /// # Errors
    ///
    /// When the service has no address.
    pub(super) fn elsewhere(url: &Url) -> anyhow::Result<Self> {
        Ok(Self {
            place: Place::of_url(url)?,
            shown: url.to_string(),
            own: None,
        })
    }

    /// Starts a server with a new store, and with limits that stand in nobody's way.
    ///
    /// # Errors
    ///
    /// When it cannot be built or started.
    pub(super) fn own(binary: &Path) -> anyhow::Result<(Self, Bearers)> {
        let folder = tempfile::tempdir()?;
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let log = folder.path().join("log");
        let launched = RunningServer::launch(&Launch {
            binary,
            arguments: &[],
            store: &folder.path().join("loadtest.db"),
            variables: &[
                ("JWT_SECRET", &secret),
                ("SAMPLE_CATALOGUE", "on"),
                ("MAX_CONNECTIONS_PER_IP", "100000"),
                ("AGENT_TASKS_PER_OWNER", "10000000"),
                ("AGENT_TASKS_IN_ALL", "10000000"),
            ],
            ports: (free_port(), free_port()),
            log: Some(&log),
        });
        let server = launched.with_context(|| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            format!("{} does not start: {}", binary.display(), said.trim_end())
        })?;
        let is_debug = binary.components().any(|part| part.as_os_str() == "debug");
        let subject = Self {
            place: Place::of_address(server.address()),
            shown: format!(
                "a server of its own ({}), with the sample catalogue",
                binary.display()
            ),
            own: Some(OwnServer {
                server,
                is_debug,
                log,
                _folder: folder,
            }),
        };
        Ok((subject, Bearers::new(secret, TokenSettings::default())?))
    }

    /// What a server of our own wrote, as far as it can be read.
    pub(super) fn log(&self) -> String {
        let log = self
            .own
            .as_ref()
            .map(|own| std::fs::read_to_string(&own.log));
        log.and_then(Result::ok).unwrap_or_default()
    }

    /// Whether a server of our own is gone.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub(super) fn has_died(&mut self) -> anyhow::Result<bool> {
        let Some(own) = &mut self.own else {
            return Ok(false);
        };
        Ok(!own.server.is_alive()?)
    }
}

/// Finds out what requests can be about, and asks each of them once: a scenario that does not fit the service, or a secret that
/// is not its own, would have everything fail.
///
/// # Errors
///
/// When the service is not there, or does not answer a request as the scenario expects.
pub(super) async fn prepare(
    place: &Place,
    scenario: &Arc<Scenario>,
    requests: &mut Requests,
) -> anyhow::Result<()> {
    let mut known = Known::default();
    if scenario.uses(SCHOLARSHIP) {
        known.scholarships = scholarships(place).await?;
    }
    requests.know(known.clone());
    if scenario.uses(TASK) {
        known.tasks = tasks(place, scenario, requests).await?;
        requests.know(known);
    }
    for (index, request) in scenario.requests.iter().enumerate() {
        let (status, body) = ask(place, &requests.filled(index)?).await?;
        // Too many requests say nothing about this one.
        ensure!(
            request.expects(status) || status == 429,
            "before the test began, the request {:?} was answered with {status}: {}",
            request.name,
            shown(&body)
        );
    }
    Ok(())
}

async fn scholarships(place: &Place) -> anyhow::Result<Vec<String>> {
    let manner = Manner {
        host: &place.host,
        token: None,
        header: None,
    };
    let request = manner.request("GET", "/api/v1/scholarships?limit=100", None);
    let (status, body) = ask(place, &request).await?;
    let hint = if status == 429 {
        "; wait until the limit allows it again, or give the service higher ones for the test"
    } else {
        ""
    };
    ensure!(
        status == 200,
        "the list of scholarships was answered with {status}{hint}: {}",
        shown(&body)
    );
    let list: serde_json::Value = serde_json::from_slice(&body)
        .context("the list of scholarships is no JSON: is this the right service?")?;
    let data = list["data"].as_array().into_iter().flatten();
    let ids: Vec<String> = data
        .filter_map(|one| Some(one["id"].as_str()?.to_owned()))
        .collect();
    ensure!(!ids.is_empty(), "the service has no scholarship to ask for");
    Ok(ids)
}

/// Ids of tasks that the scenario's own first request for a task makes.
async fn tasks(
    place: &Place,
    scenario: &Scenario,
    requests: &mut Requests,
) -> anyhow::Result<Vec<String>> {
    let index = scenario
        .requests
        .iter()
        .position(Request::makes_task)
        .context("the scenario was not checked")?;
    let mut ids = Vec::new();
    for _ in 0..TASKS {
        let request = requests.filled(index)?;
        let (status, body) = ask(place, &request).await?;
        ensure!(
            status == 202,
            "a task was answered with {status}: {}",
            shown(&body)
        );
        let taken: serde_json::Value = serde_json::from_slice(&body)?;
        let id = taken["task_id"].as_str();
        ids.push(id.context("a task without an id")?.to_owned());
    }
    Ok(ids)
}

async fn ask(place: &Place, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let asked = async {
        let mut connection = place.connect().await?;
        let (status, length) = connection.ask(request).await?;
        anyhow::Ok((status, connection.plain_body(length)))
    };
    let answered = timeout(PATIENCE, asked).await;
    answered
        .with_context(|| format!("{} does not answer within {PATIENCE:?}", place.host))?
        .with_context(|| {
            format!(
                "{} does not answer; is the service running there?",
                place.host
            )
        })
}

/// The beginning, which names what is wrong.
fn shown(body: &[u8]) -> String {
    crate::reporting::cut(&String::from_utf8_lossy(body), 300)
}

/// What our own server had used when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// From the beginning of what is measured.
    pub(super) at: Duration,
    pub(super) cpu_seconds: f64,
    pub(super) megabytes: f64,
}

/// One at the beginning of what is measured, and one at the end of each interval.
pub(super) struct Sampler<'a> {
    own: Option<&'a OwnServer>,
    every: Duration,
    pub(super) samples: Vec<Sample>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(own: Option<&'a OwnServer>, every: Duration) -> Self {
        Self {
            own,
            every,
            samples: Vec::new(),
        }
    }

    /// `at` since what is measured began. A server that is gone leaves no further samples.
    pub(super) fn look(&mut self, at: Duration) {
        let taken = u32::try_from(self.samples.len()).unwrap_or(u32::MAX);
        if at >= self.every * taken {
            self.take(at);
        }
    }

    fn take(&mut self, at: Duration) {
        let Some(own) = self.own else { return };
        if let (Ok(cpu_seconds), Ok(megabytes)) =
            (own.server.cpu_seconds(), own.server.resident_megabytes())
        {
            self.samples.push(Sample {
                at,
                cpu_seconds,
                megabytes,
            });
        }
    }
}

/// CPU of this process, in seconds; 0 where the system does not tell.
pub(super) fn own_cpu_seconds() -> f64 {
    crate::running_server::cpu_seconds_of(std::process::id()).unwrap_or_default()
}
