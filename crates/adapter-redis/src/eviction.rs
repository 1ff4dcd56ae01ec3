//! What the server does when its memory is full, held against what it is used for.

use redis::Cmd;
use tokio::time::timeout;

use crate::RedisSettings;
use crate::connections::Connection;

/// What may be lost, or fail, with the server's settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvictionWarning {
    #[error("Redis evicts by {actual}, and REDIS_EVICTION_POLICY expects {expected}")]
    OtherPolicy { actual: String, expected: String },
    #[error("Redis has no maxmemory: it grows until the system ends it")]
    Unbounded,
    #[error(
        "Redis evicts by {policy}: it may forget used tokens and spent money, which belong into Postgres, or into a Redis with noeviction and REDIS_EVICTION_POLICY=noeviction"
    )]
    MayLoseGuards { policy: String },
}

/// `INFO` is allowed where managed servers forbid `CONFIG`.
pub(crate) fn question() -> Cmd {
    let mut question = redis::cmd("INFO");
    question.arg("memory");
    question
}

/// Reads the server's answer; what it does not say is not warned of.
pub(crate) fn warnings(info: &str, settings: &RedisSettings) -> Vec<EvictionWarning> {
    let value = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    let mut warnings = Vec::new();
    let is_bounded = value("maxmemory") != Some("0");
    if !is_bounded {
        warnings.push(EvictionWarning::Unbounded);
    }
    if let Some(policy) = value("maxmemory_policy") {
        if policy != settings.eviction_policy {
            warnings.push(EvictionWarning::OtherPolicy {
                actual: policy.to_owned(),
                expected: settings.eviction_policy.clone(),
            });
        }
        // Guards' keys have lifetimes, so the volatile policies meet them as well.
        if settings.keeps_guards && is_bounded && policy != "noeviction" {
            warnings.push(EvictionWarning::MayLoseGuards {
                policy: policy.to_owned(),
            });
        }
    }
    warnings
}

/// Asks over a connection and logs what is to be warned of.
pub(crate) async fn warn(connection: &mut Connection, settings: &RedisSettings) {
    let question = question();
    let asked = question.query_async::<String>(&mut connection.link);
    match timeout(settings.guard_deadline, asked).await {
        Ok(Ok(info)) => {
            for warning in warnings(&info, settings) {
                tracing::warn!("{warning}");
            }
        }
        Ok(Err(_)) | Err(_) => tracing::info!("Redis does not say how it evicts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(info: &str, keeps_guards: bool) -> Vec<EvictionWarning> {
        let settings = RedisSettings {
            keeps_guards,
            ..RedisSettings::at("redis://localhost")
        };
        warnings(info, &settings)
    }

    #[test]
    fn a_bounded_cache_that_evicts_as_expected_is_fine() {
        let info = "# Memory\r\nmaxmemory:4194304\r\nmaxmemory_policy:allkeys-lru\r\n";
        assert_eq!(warned(info, false), []);
        let policy = "allkeys-lru".to_owned();
        let expected = EvictionWarning::MayLoseGuards { policy };
        assert_eq!(warned(info, true), [expected]);
    }

    #[test]
    fn other_policies_and_no_bound_are_warned_of() {
        let info = "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n";
        let other = EvictionWarning::OtherPolicy {
            actual: "noeviction".to_owned(),
            expected: "allkeys-lru".to_owned(),
        };
        let both = [EvictionWarning::Unbounded, other];
        assert_eq!(warned(info, false), both);
        assert_eq!(warned(info, true), both);
    }

    #[test]
    fn a_server_that_says_nothing_is_not_warned_of() {
        assert_eq!(warned("", true), []);
    }
}
