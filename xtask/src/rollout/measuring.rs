//! Taking snapshots: which Prometheus, which versions, since when.

use std::path::PathBuf;
use std::time::Duration;

use adapter_prometheus::{
    Prometheus, Request, RouterMetrics, RunningVersion, ServiceMetrics, Settings, TakeError, Taken,
};
use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use ports::Clock as _;
use rollout::Policy;
use secrecy::SecretString;
use tokio::runtime::Runtime;

use crate::system_clock::SystemClock;

#[derive(clap::Args, Debug, Clone)]
pub(crate) struct PrometheusArguments {
    /// The Prometheus that watches both versions, as http://localhost:9090
    #[arg(long, value_name = "URL")]
    pub(crate) prometheus: Option<String>,
    /// A file with its bearer token
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    prometheus_token_file: Option<PathBuf>,
    /// A file with the certificates (PEM) to trust instead of the machine's own
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    prometheus_ca: Option<PathBuf>,
    /// A header to send with each question, as `X-Scope-OrgID: scholarships`; may be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "prometheus")]
    prometheus_header: Vec<String>,
    /// The label `job` of the servers' metrics, where it is not the one of the policy
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// The label `job` of HAProxy's own metrics, where a HAProxy splits the traffic: then what it sent must have been counted
    #[arg(long, value_name = "JOB")]
    router_job: Option<String>,
    /// For the whole snapshot
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    snapshot_timeout: u64,
}

/// Takes snapshots of one pair of versions.
pub(crate) struct Meter {
    prometheus: Prometheus,
    runtime: Runtime,
}

impl PrometheusArguments {
    /// Those of a Prometheus that also watches a HAProxy.
    pub(crate) fn beside_router(prometheus: String, router_job: &str) -> Self {
        Self {
            prometheus: Some(prometheus),
            prometheus_token_file: None,
            prometheus_ca: None,
            prometheus_header: Vec::new(),
            job: None,
            router_job: Some(router_job.to_owned()),
            snapshot_timeout: 30,
        }
    }

    /// The label `job` of the servers' metrics.
    pub(crate) fn job<'a>(&'a self, policy: &'a Policy) -> &'a str {
        self.job.as_deref().unwrap_or(&policy.monitoring.job)
    }

    /// # Errors
    ///
    /// When a file cannot be read, or a setting can never work.
    pub(crate) fn meter(&self, policy: &Policy) -> anyhow::Result<Meter> {
        let Some(url) = &self.prometheus else {
            bail!("--prometheus URL is missing: where are both versions watched?");
        };
        let mut settings = Settings::new(url);
        settings.limits.total = Duration::from_secs(self.snapshot_timeout);
        settings.limits.query = settings.limits.query.min(settings.limits.total);
        if let Some(path) = &self.prometheus_token_file {
            let token = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            settings.bearer_token = Some(SecretString::from(token.trim()));
        }
        if let Some(path) = &self.prometheus_ca {
            let authorities =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            settings.authorities = Some(authorities);
        }
        for header in &self.prometheus_header {
            let (name, value) = header.split_once(':').with_context(|| {
                format!(
                    "--prometheus-header {header:?} must be like \"X-Scope-OrgID: scholarships\""
                )
            })?;
            let value = SecretString::from(value.trim());
            settings.headers.push((name.trim().to_owned(), value));
        }
        let mut service = ServiceMetrics::from(&policy.monitoring);
        if let Some(job) = &self.job {
            service.job.clone_from(job);
        }
        let router = self.router_job.as_ref().map(|job| RouterMetrics {
            job: job.clone(),
            ..RouterMetrics::default()
        });
        let prometheus = Prometheus::new(&settings, service, router)?;
        let runtime = Runtime::new().context("the runtime does not start")?;
        Ok(Meter {
            prometheus,
            runtime,
        })
    }
}

impl Meter {
    /// A snapshot of now.
    ///
    /// # Errors
    ///
    /// When the telemetry cannot be believed. That says nothing about the canary.
    pub(crate) fn take(
        &self,
        policy: &Policy,
        (canary, stable): (&str, &str),
        stage_started_at: DateTime<Utc>,
    ) -> anyhow::Result<Taken> {
        let request = Request {
            canary: canary.to_owned(),
            stable: stable.to_owned(),
            taken_at: SystemClock.now(),
            stage_started_at,
            replays: false,
        };
        let taken = self
            .runtime
            .block_on(self.prometheus.take(policy, &request));
        Ok(taken?)
    }

    /// Asks plain questions, for reports.
    ///
    /// # Errors
    ///
    /// When an answer cannot be had.
    pub(crate) fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&Prometheus) -> Result<T, TakeError>,
    ) -> anyhow::Result<T> {
        Ok(self.runtime.block_on(question(&self.prometheus))?)
    }

    /// The versions of which Prometheus knows a process.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub(crate) fn versions(&self) -> anyhow::Result<Vec<RunningVersion>> {
        let asked = self.prometheus.versions(SystemClock.now());
        Ok(self.runtime.block_on(asked)?)
    }
}
