//! Limits of whole servers: the rollout plan's own checks, and replicas that share a Redis.

use std::process::Command;
use std::time::Instant;

use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::client::get;
use crate::process::{Process, command};
use crate::replica::eventually;

/// A server with the limits of the plan.
fn with_defaults(folder: &std::path::Path, variables: &[(&str, &str)]) -> Process {
    let mut command = command(folder);
    for name in ["PUBLIC", "AUTHENTICATED", "ADMIN", "AUTH_FAILURE"] {
        command.env_remove(format!("RATE_LIMIT_{name}"));
    }
    Process::spawn(command.envs(variables.iter().copied()))
}

/// The plan's shell functions as they stand there, but for the missing semicolon before the closing brace.
fn check(server: &Process, function: &str) -> bool {
    let script = format!(
        "API_URL=http://{}\n\
         check_jwt_validation() {{ curl -s -H \"Authorization: Bearer invalid\" $API_URL/health | grep -q \"401\"; }}\n\
         check_rate_limits() {{ for i in {{1..100}}; do curl -s $API_URL/ >/dev/null; done; curl -s $API_URL/ | grep -q \"429\"; }}\n\
         {function}",
        server.address
    );
    let status = Command::new("bash").args(["-c", &script]).status();
    status.expect("bash and curl are there").success()
}

#[test]
fn the_checks_of_the_rollout_plan_pass_on_the_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = with_defaults(folder.path(), &[]);
    assert!(check(&server, "check_jwt_validation"));
    assert!(check(&server, "check_rate_limits"));
    // Whoever is refused so far is told so in any case.
    assert!(check(&server, "check_jwt_validation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_grant_a_client_that_alternates_exactly_the_limit() {
    let mut redis = PrivateRedis::start(RedisOptions::default()).await;
    let url = redis.url();
    let variables = [
        ("REDIS_URL", url.as_str()),
        ("EXPECTED_REPLICAS", "2"),
        ("RATE_LIMIT_PUBLIC", "40/hour"),
    ];
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let replicas = folders
        .each_ref()
        .map(|folder| with_defaults(folder.path(), &variables));
    let begun = Instant::now();
    let mut statuses = Vec::new();
    for turn in 0..100 {
        let answer = get(replicas[turn % 2].address, "/").await;
        statuses.push(answer.status);
    }
    // One more is granted each ninety seconds.
    let refilled = usize::try_from(begun.elapsed().as_secs() / 90).expect("a short run");
    let granted = statuses.iter().filter(|status| **status == 200).count();
    assert!(
        (40..=40 + refilled).contains(&granted),
        "{granted}: {statuses:?}"
    );
    assert_eq!(statuses[..40], [200; 40]);

    // Without Redis, each grants its share anew; then the shared count goes on.
    redis.kill();
    for replica in &replicas {
        let mut granted = 0;
        for _ in 0..30 {
            granted += usize::from(get(replica.address, "/").await.status == 200);
        }
        assert_eq!(granted, 20);
    }
    redis.restart().await;
    eventually("the shared count is asked again", async || {
        // It was lost with the restart, so it begins with a full burst.
        get(replicas[0].address, "/").await.status == 200
    })
    .await;
}
