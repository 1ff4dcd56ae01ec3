//! What no release is judged by, and somebody should know all the same.

use std::time::Duration;

use anyhow::bail;
use rollout::policy::{Own, Policy, WATCHDOG};
use rollout::span;

use super::{ON_INSTANCE, Rule, count, job};
use crate::render::dashboards::Dashboard::{self, Business, Database, External, Golden, Slo};
use crate::render::recording::{number, whole_window};
use crate::render::shares::{Level, rate};

/// Who had requests in this time should go on having some.
pub(in crate::render) const BEFORE_NO_TRAFFIC: Duration = Duration::from_secs(3_600);

pub(super) fn rule(policy: &Policy, name: &str, own: &Own) -> anyhow::Result<Rule> {
    let job = job(policy);
    let limit = number(own.above);
    let window = span::text(own.window);
    let made = match name {
        "ServiceDown" => Made {
            // `absent` keeps the label of the job only of a plain selector.
            expr: format!("sum by (job) (up{job}) == 0\nor absent(up{job})"),
            component: "servers",
            dashboard: Golden,
            summary: "No server can be scraped".into(),
            description: "No target of {{ $labels.job }} is up: {{ if eq $value 0.0 }}all are down{{ else }}none is configured{{ end }}.".into(),
        },
        "VersionDown" => Made {
            expr: format!("max by (job, version) (up{job}) == 0"),
            component: "servers",
            dashboard: Golden,
            summary: "No server of version {{ $labels.version }} can be scraped".into(),
            description: "{{ $value | printf \"%.0f\" }} servers of version {{ $labels.version }} are up, though some are configured.".into(),
        },
        "TargetDown" => Made {
            expr: format!("up{job} == 0"),
            component: "servers",
            dashboard: Golden,
            summary: "A server of version {{ $labels.version }} cannot be scraped".into(),
            description: "up is {{ $value | printf \"%.0f\" }}: {{ $labels.instance }} (version {{ $labels.version }}) does not answer on its admin listener.".into(),
        },
        "NoTraffic" => no_traffic(own),
        "ErrorBudgetNearlySpent" => budget(policy, own),
        "PostgresDown" => down(&job, "postgres_up", "database", Database, "Postgres"),
        "RedisDown" => down(&job, "redis_up", "redis", External, "Redis"),
        "CommandCenterDown" => down(&job, "command_center_up", "command-center", External, "the Command Center"),
        "SearchIndexLagging" => lag(&job, "index_lag_seconds", &limit, "The search index lags behind the store", "since the index was last in step"),
        "ChangeFeedHeldBack" => lag(&job, "change_feed_held_back_seconds", &limit, "An open transaction holds changes back", "since committed changes are kept from the index"),
        "CallbacksFailing" => callbacks(&job, own, &limit, &window),
        "NoticesBuried" => Made {
            expr: format!("sum by (job, version) (increase(agent_notices_buried_total{job}[{window}])) > 0"),
            component: "notices",
            dashboard: Business,
            summary: "Senders of tasks will not hear of them".into(),
            description: format!("{{{{ $value | printf \"%.0f\" }}}} notices were given up in the last {window}."),
        },
        "OpenAIBudgetNearlySpent" => Made {
            expr: format!("max by (job) (openai_budget_spent_usd{job} / (openai_budget_usd{job} > 0)) > {limit}"),
            component: "ai",
            dashboard: External,
            summary: "The day's money for the language model is nearly spent".into(),
            description: format!("{{{{ $value | humanizePercentage }}}} of the day's money is spent; the limit of this alert is {} %.", number(own.above * 100.0)),
        },
        "CertificateExpiring" | "CertificateAlmostExpired" => Made {
            expr: format!("min by (job) (certificate_expiry_timestamp_seconds{job}) - time() < {}", own.age.as_secs()),
            component: "certificates",
            dashboard: Golden,
            summary: "The certificate expires soon".into(),
            description: format!("The certificate expires in {{{{ $value | humanizeDuration }}}}, which is less than {}.", span::text(own.age)),
        },
        "TokenKeyOld" => Made {
            expr: format!("time() - min by (job) (token_key_since_timestamp_seconds{job}) > {}", own.age.as_secs()),
            component: "tokens",
            dashboard: Golden,
            summary: "The secret that signs tokens is old".into(),
            description: format!("JWT_SECRET is in use for {{{{ $value | humanizeDuration }}}}, which is more than {}.", span::text(own.age)),
        },
        "RulesFailing" => rules_failing(policy, &window),
        WATCHDOG => watchdog(),
        _ => bail!("nothing is known of it"),
    };
    Ok(made.lasting(own.pending))
}

/// All but how long it must hold.
struct Made {
    expr: String,
    component: &'static str,
    dashboard: Dashboard,
    summary: String,
    description: String,
}

impl Made {
    fn lasting(self, pending: Duration) -> Rule {
        Rule {
            expr: self.expr,
            pending,
            component: self.component,
            scope: None,
            dashboard: self.dashboard,
            summary: self.summary,
            description: self.description,
        }
    }
}

fn down(job: &str, metric: &str, component: &'static str, dashboard: Dashboard, who: &str) -> Made {
    Made {
        expr: format!("max by (job, version) ({metric}{job}) == 0"),
        component,
        dashboard,
        summary: format!("No server of version {{{{ $labels.version }}}} reaches {who}"),
        description: format!(
            "{metric} is {{{{ $value | printf \"%.0f\" }}}} on every server of version {{{{ $labels.version }}}}."
        ),
    }
}

fn lag(job: &str, metric: &str, limit: &str, summary: &str, since: &str) -> Made {
    Made {
        expr: format!("max by (job, version, instance) ({metric}{job}) > {limit}"),
        component: "index",
        dashboard: Database,
        summary: summary.to_owned(),
        description: format!(
            "{{{{ $value | humanizeDuration }}}} {since}{ON_INSTANCE}; the limit is {limit} s."
        ),
    }
}

/// Of no job, so that nothing holds it back. Groups of rules are named after ours, below the path of their file.
fn rules_failing(policy: &Policy, window: &str) -> Made {
    let ours = format!("rule_group=~\".*;{} .*\"", policy.monitoring.job);
    Made {
        expr: format!(
            "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{{{ours}}}[{window}])) > 0"
        ),
        component: "monitoring",
        dashboard: Golden,
        summary: "Prometheus cannot evaluate rules".into(),
        description: format!(
            "{{{{ $value | printf \"%.0f\" }}}} evaluations of {{{{ $labels.rule_group }}}} failed in the last {window}: what it records is \
             missing, and its alerts may be silent."
        ),
    }
}

/// Of no job either.
fn watchdog() -> Made {
    Made {
        expr: "vector(1)".into(),
        component: "monitoring",
        dashboard: Golden,
        summary: "Alerts arrive".into(),
        description: "This alert always fires. Whoever no longer gets it must know that no other alert would arrive.".into(),
    }
}

/// Servers are there and nobody asks them, who did an hour ago: a router that lost them, most of the time.
fn no_traffic(own: &Own) -> Made {
    let now = rate(Level::Service, "http_requests", own.window);
    let before = rate(Level::Service, "http_requests", BEFORE_NO_TRAFFIC);
    let window = span::text(own.window);
    Made {
        expr: format!(
            "{now} == 0\nand {} >= {}",
            count(&format!("{before} offset {window}"), BEFORE_NO_TRAFFIC),
            own.minimum_sample
        ),
        component: "traffic",
        dashboard: Golden,
        summary: "No request arrives any more".into(),
        description: format!(
            "{{{{ $value | printf \"%.0f\" }}}} requests in the last {window}, and {} or more in the hour before.",
            own.minimum_sample
        ),
    }
}

fn budget(policy: &Policy, own: &Own) -> Made {
    let whole = whole_window(policy);
    let requests = count(&rate(Level::Service, "http_requests", whole), whole);
    Made {
        expr: format!(
            "1 - slo:budget_left:ratio{{slo=\"availability\", job=\"{}\"}} > {}\nand on (job) {requests} >= {}",
            policy.monitoring.job,
            number(own.above),
            own.minimum_sample
        ),
        component: "availability",
        dashboard: Slo,
        summary: "The error budget is nearly spent".into(),
        description: format!(
            "{{{{ $value | humanizePercentage }}}} of the failures that {} allow have happened.",
            span::text(whole)
        ),
    }
}

fn callbacks(job: &str, own: &Own, limit: &str, window: &str) -> Made {
    let of = |labels: &str| {
        let job = job.trim_end_matches('}');
        format!(
            "sum by (job, version) (increase(agent_notice_deliveries_total{job}{labels}}}[{window}]))"
        )
    };
    let (failed, all) = (of(", outcome=\"failure\""), of(""));
    Made {
        expr: format!(
            "{failed} / ({all} > 0) > {limit}\nand {all} >= {}",
            own.minimum_sample
        ),
        component: "command-center",
        dashboard: External,
        summary: "Callbacks to senders of tasks fail".into(),
        description: format!(
            "{{{{ $value | humanizePercentage }}}} of deliveries failed in the last {window}; the limit is {} %.",
            number(own.above * 100.0)
        ),
    }
}
