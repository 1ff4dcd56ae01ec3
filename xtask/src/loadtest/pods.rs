//! How many pods a rate needs, by the settings of the cluster and the CPU that a request took here.

use serde::Serialize;

/// The autoscaler adds pods when each has more requests a second than this.
const REQUESTS_PER_POD: f64 = 100.0;
/// Cores that a pod asks for, and of them the part that the autoscaler lets it use.
const CPU_REQUEST: f64 = 0.25;
const CPU_UTILIZATION: f64 = 0.6;
/// Cores that a pod gets at most.
const CPU_LIMIT: f64 = 0.5;
const FEWEST: u32 = 3;
const MOST: u32 = 10;
/// A second: as many as the most pods are meant for.
const EXPECTED_PEAK: f64 = 1_000.0;

/// What the arithmetic takes for granted.
pub(super) const ASSUMPTIONS: &str = "Assumed: the autoscaler's settings (3 to 10 pods, 100 requests/s and 60 % of the \
    requested 0.25 cores per pod), a limit of 0.5 cores per pod, an expected peak of 10 pods x 100 requests/s = 1,000 requests/s and \
    twice that as the load to be tested. CPU per request is what it was here, on this machine's cores, with this scenario, and is \
    taken to stay the same at every rate.";

/// At one rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pods {
    /// A second.
    pub(super) rate: f64,
    /// What the autoscaler wants for the number of requests, and for their CPU.
    pub(super) by_requests: u32,
    pub(super) by_cpu: u32,
    /// What there are then.
    pub(super) pods: u32,
    pub(super) requests_per_pod: f64,
    pub(super) cores_per_pod: f64,
    /// Whether each has enough within its limit.
    pub(super) is_enough: bool,
}

impl Pods {
    pub(super) fn at(rate: f64, cpu_seconds_per_request: f64) -> Self {
        let cores = rate * cpu_seconds_per_request;
        let by_requests = whole(rate / REQUESTS_PER_POD);
        let by_cpu = whole(cores / (CPU_REQUEST * CPU_UTILIZATION));
        let pods = by_requests.max(by_cpu).clamp(FEWEST, MOST);
        let cores_per_pod = cores / f64::from(pods);
        Self {
            rate,
            by_requests,
            by_cpu,
            pods,
            requests_per_pod: rate / f64::from(pods),
            cores_per_pod,
            is_enough: cores_per_pod <= CPU_LIMIT,
        }
    }

    /// At the tested rate, at the expected peak and at twice that.
    pub(super) fn at_all(rate: f64, cpu_seconds_per_request: f64) -> Vec<Self> {
        let mut rates = vec![rate, EXPECTED_PEAK, 2.0 * EXPECTED_PEAK];
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        rates
            .into_iter()
            .map(|rate| Self::at(rate, cpu_seconds_per_request))
            .collect()
    }

    pub(super) fn sentence(&self) -> String {
        let Self {
            rate,
            by_requests,
            by_cpu,
            pods,
            requests_per_pod,
            cores_per_pod,
            is_enough,
        } = self;
        let verdict = if *is_enough {
            format!("within its limit of {CPU_LIMIT}")
        } else {
            format!("MORE than its limit of {CPU_LIMIT}: too few pods")
        };
        format!(
            "{rate:.0} requests/s: {by_requests} by requests, {by_cpu} by CPU; {pods} pods of {FEWEST} to {MOST}, each with {requests_per_pod:.0} \
             requests/s and {cores_per_pod:.2} cores, {verdict}"
        )
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of pods; what is too much for it saturates"
)]
fn whole(pods: f64) -> u32 {
    pods.ceil().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_peak_has_all_pods_and_each_half_of_its_cores() {
        let pods = Pods::at(2_000.0, 0.001);
        assert_eq!((pods.by_requests, pods.by_cpu, pods.pods), (20, 14, 10));
        assert!((pods.cores_per_pod - 0.2).abs() < 1e-9 && pods.is_enough);
        assert!(!Pods::at(2_000.0, 0.003).is_enough);
        let few = Pods::at(120.0, 0.001);
        assert_eq!((few.by_requests, few.by_cpu, few.pods), (2, 1, 3));
    }

    #[test]
    fn the_settings_are_those_of_the_cluster() {
        let shipped = concat!(
            include_str!("../../../deploy/kubernetes/base/autoscaler.yaml"),
            include_str!("../../../deploy/kubernetes/base/deployment.yaml")
        );
        for setting in [
            format!("minReplicas: {FEWEST}"),
            format!("maxReplicas: {MOST}"),
            format!("averageUtilization: {:.0}", CPU_UTILIZATION * 100.0),
            format!("averageValue: \"{REQUESTS_PER_POD}\""),
            format!("cpu: {:.0}m", CPU_REQUEST * 1e3),
            format!("cpu: {:.0}m", CPU_LIMIT * 1e3),
        ] {
            assert!(
                shipped.lines().any(|line| line.trim() == setting),
                "{setting}"
            );
        }
        for said in [
            format!("{FEWEST} to {MOST} pods"),
            format!("{REQUESTS_PER_POD} requests/s"),
            format!("{:.0} %", CPU_UTILIZATION * 100.0),
            format!("{CPU_REQUEST} cores"),
            format!("limit of {CPU_LIMIT} cores"),
        ] {
            assert!(ASSUMPTIONS.contains(&said), "{said}");
        }
    }

    #[test]
    fn a_rate_stands_once() {
        let rates = |rate| -> Vec<f64> {
            let all = Pods::at_all(rate, 0.001).into_iter();
            all.map(|pods| pods.rate).collect()
        };
        assert_eq!(rates(500.0), [500.0, 1_000.0, 2_000.0]);
        assert_eq!(rates(2_000.0), [1_000.0, 2_000.0]);
    }
}
