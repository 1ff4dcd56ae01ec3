//! Settings of limits, and of whom they hold for.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use app::limits::LimitSettings;
use configuration::Reader;
use domain::Quota;
use http_api::{ForwardedHeader, TrustedProxies};
use ipnet::IpNet;

/// The most that a quota may grant in a period; ten times as much is where a flood begins.
const MOST: u32 = 10_000_000;

/// How often somebody may ask, and who counts as one.
#[derive(Debug, Clone)]
pub struct Limits {
    pub quotas: LimitSettings,
    /// While Redis is away, each replica grants this share of every quota.
    pub expected_replicas: NonZeroU32,
    pub trusted_proxies: TrustedProxies,
    /// Open connections of one address at once.
    pub max_connections_per_ip: usize,
}

pub(super) fn limits(reader: &mut Reader<'_>) -> Limits {
    let replicas = reader.number("EXPECTED_REPLICAS", 1, 10_000);
    let connections = reader.number("MAX_CONNECTIONS_PER_IP", 1, 1_000_000);
    Limits {
        quotas: LimitSettings {
            public: quota(reader, "RATE_LIMIT_PUBLIC"),
            authenticated: quota(reader, "RATE_LIMIT_AUTHENTICATED"),
            agent: quota(reader, "RATE_LIMIT_AGENT"),
            admin: quota(reader, "RATE_LIMIT_ADMIN"),
            auth_failure: quota(reader, "RATE_LIMIT_AUTH_FAILURE"),
            model: quota(reader, "RATE_LIMIT_AI"),
            per_ip: reader.truth("RATE_LIMIT_PER_IP"),
            per_token: reader.truth("RATE_LIMIT_PER_TOKEN"),
        },
        expected_replicas: u32::try_from(replicas)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN),
        trusted_proxies: trusted_proxies(reader),
        max_connections_per_ip: usize::try_from(connections).unwrap_or(usize::MAX),
    }
}

fn quota(reader: &mut Reader<'_>, name: &str) -> Quota {
    let text = reader.text(name);
    let quota = parsed_quota(&text);
    if quota.is_none() {
        reader.refuse(
            name,
            format!(
                "must be a number up to {MOST} and a period (second, minute, hour), such as 60/minute, not `{text}`"
            ),
        );
    }
    quota.unwrap_or(Quota::ONE_PER_SECOND)
}

fn parsed_quota(text: &str) -> Option<Quota> {
    let (limit, period) = text.split_once('/')?;
    let seconds = match period.trim() {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        _ => return None,
    };
    let limit = limit.trim().parse().ok().filter(|limit| *limit <= MOST)?;
    Quota::new(limit, Duration::from_secs(seconds)).ok()
}

fn trusted_proxies(reader: &mut Reader<'_>) -> TrustedProxies {
    let mut networks = Vec::new();
    for text in reader.list("TRUSTED_PROXIES") {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        match text.parse::<IpNet>().ok().or(address.ok()) {
            Some(network) => networks.push(network.trunc()),
            None => reader.refuse(
                "TRUSTED_PROXIES",
                format!("`{text}` must be an address or a network such as 10.0.0.0/8"),
            ),
        }
    }
    let headers = [
        ("x-forwarded-for", ForwardedHeader::XForwardedFor),
        ("forwarded", ForwardedHeader::Forwarded),
    ];
    TrustedProxies {
        networks,
        header: reader.choice(
            "TRUSTED_PROXY_HEADER",
            &headers,
            ForwardedHeader::XForwardedFor,
        ),
    }
}

/// The settings in effect, by name.
pub(super) fn shown(limits: &Limits) -> Vec<(&'static str, String)> {
    let quotas = &limits.quotas;
    let networks: Vec<String> = limits
        .trusted_proxies
        .networks
        .iter()
        .map(IpNet::to_string)
        .collect();
    vec![
        ("RATE_LIMIT_PUBLIC", text_of(quotas.public)),
        ("RATE_LIMIT_AUTHENTICATED", text_of(quotas.authenticated)),
        ("RATE_LIMIT_AGENT", text_of(quotas.agent)),
        ("RATE_LIMIT_ADMIN", text_of(quotas.admin)),
        ("RATE_LIMIT_AUTH_FAILURE", text_of(quotas.auth_failure)),
        ("RATE_LIMIT_AI", text_of(quotas.model)),
        ("RATE_LIMIT_PER_IP", quotas.per_ip.to_string()),
        ("RATE_LIMIT_PER_TOKEN", quotas.per_token.to_string()),
        ("EXPECTED_REPLICAS", limits.expected_replicas.to_string()),
        ("TRUSTED_PROXIES", networks.join(",")),
        (
            "TRUSTED_PROXY_HEADER",
            match limits.trusted_proxies.header {
                ForwardedHeader::XForwardedFor => "x-forwarded-for",
                ForwardedHeader::Forwarded => "forwarded",
            }
            .to_owned(),
        ),
        (
            "MAX_CONNECTIONS_PER_IP",
            limits.max_connections_per_ip.to_string(),
        ),
    ]
}

fn text_of(quota: Quota) -> String {
    let period = match quota.period().as_secs() {
        1 => "second",
        60 => "minute",
        _ => "hour",
    };
    format!("{}/{period}", quota.limit())
}
