//! What alerts say: the value, and the links.

use rollout::Policy;
use serde_json::json;

use super::Case;

pub(super) fn cases(policy: &Policy) -> Vec<Case> {
    let (job, dashboards) = (&policy.monitoring.job, &policy.monitoring.dashboards);
    let route = "/api/v1/scholarships/{id}";
    vec![
        Case::new("a version that fails 5 % of its requests")
            .up("2")
            .requests("2", route, "GET", "200", "0+95x60")
            .requests("2", route, "GET", "500", "0+5x60")
            .says(
                policy,
                "30m",
                "HighErrorRate",
                json!({"job": job, "version": "2", "severity": "critical", "component": "availability"}),
                json!({
                    "summary": "High error rate of version 2",
                    "description": "5% of requests failed (5xx) over 5m, for 5m now; the limit is 1 %.",
                    "judged_as": "trigger.error_rate",
                    "dashboard_url": format!("{dashboards}/scholarship-canary"),
                }),
            ),
        Case::new("nothing is up").series("1", "up", "", "0x60").says(
            policy,
            "30m",
            "ServiceDown",
            json!({"job": job, "severity": "critical", "component": "servers"}),
            json!({
                "summary": "No server can be scraped",
                "description": format!("No target of {job} is up: all are down."),
                "dashboard_url": format!("{dashboards}/scholarship-golden?var-version=$__all"),
            }),
        ),
        Case::new("a transaction stays open")
            .up("1")
            .series("1", "change_feed_held_back_seconds", "", "90x60")
            .says(
                policy,
                "30m",
                "ChangeFeedHeldBack",
                json!({
                    "job": job, "version": "1", "instance": "1-a", "severity": "warning", "component": "index",
                }),
                json!({
                    "summary": "An open transaction holds changes back",
                    "description": "1m 30s since committed changes are kept from the index on 1-a; the limit is 30 s.",
                    "dashboard_url": format!("{dashboards}/scholarship-database?var-version=1"),
                }),
            ),
        Case::new("one server of two is near its limit")
            .up("1")
            .series("1", "process_resident_memory_bytes", "", "950x60")
            .series("1", "process_memory_limit_bytes", "", "1000x60")
            .of_instance("b", "1", "process_resident_memory_bytes", "", "500x60")
            .of_instance("b", "1", "process_memory_limit_bytes", "", "1000x60")
            .says(
                policy,
                "30m",
                "MemoryNearLimit",
                json!({
                    "job": job, "version": "1", "instance": "1-a", "severity": "warning", "component": "memory",
                }),
                json!({
                    "summary": "Memory near its limit of version 1",
                    "description": "95% of the memory limit is resident on 1-a for 5m now; the limit is 90 %.",
                    "judged_as": "trigger.memory",
                    "dashboard_url": format!("{dashboards}/scholarship-golden?var-version=1"),
                }),
            ),
        Case::new("a server is away").series("1", "up", "", "0x60").says(
            policy,
            "30m",
            "TargetDown",
            json!({
                "job": job, "version": "1", "instance": "1-a", "severity": "warning", "component": "servers",
            }),
            json!({
                "summary": "A server of version 1 cannot be scraped",
                "description": "up is 0: 1-a (version 1) does not answer on its admin listener.",
                "dashboard_url": format!("{dashboards}/scholarship-golden?var-version=1"),
            }),
        ),
    ]
}
