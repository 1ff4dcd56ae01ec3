//! Two Redis servers, three Sentinels that watch them, and a HAProxy that leads to the primary: the real ones, as `deploy/redis` sets them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::private_redis::{PrivateRedis, RedisOptions};
use crate::supervised::{Supervised, free_port};

const HAPROXY: &str = include_str!("../../../deploy/redis/haproxy.cfg");
const SENTINEL: &str = include_str!("../../../deploy/redis/sentinel.conf");

const PASSWORD: &str = "servers-that-end-with-their-test";
const SENTINELS: usize = 3;
/// Sentinels tell each other of themselves every two seconds.
const START_TIME: Duration = Duration::from_secs(30);

/// Ends with this value.
#[derive(Debug)]
pub struct PrivateRedisGroup {
    // Those who watch end before those who are watched, and all before their folder.
    _haproxy: Supervised,
    _sentinels: Vec<Supervised>,
    /// The first one is the primary in the beginning.
    pub servers: [PrivateRedis; 2],
    folder: TempDir,
    port: u16,
}

impl PrivateRedisGroup {
    /// Starts all, and waits until a failover would succeed and clients are served.
    ///
    /// # Panics
    ///
    /// When a place that must be filled in is not in the shipped files, or a program does not start: Debian's packages are `redis-server` and
    /// `haproxy`.
    pub async fn start() -> Self {
        let options = RedisOptions {
            password: Some(PASSWORD),
            ..RedisOptions::default()
        };
        let primary = PrivateRedis::start(options.clone()).await;
        let replica_of = Some(primary.address().port());
        let replica = PrivateRedis::start(RedisOptions {
            replica_of,
            ..options
        })
        .await;
        let servers = [primary, replica];
        let ports = servers.each_ref().map(|server| server.address().port());
        let folder = tempfile::tempdir().expect("a folder can be made");
        let watched: Vec<u16> = (0..SENTINELS).map(|_| free_port()).collect();
        let sentinels = watched
            .iter()
            .map(|port| sentinel(folder.path(), *port, ports[0]));
        let port = free_port();
        let group = Self {
            _sentinels: sentinels.collect(),
            _haproxy: haproxy(folder.path(), port, ports),
            servers,
            folder,
            port,
        };
        let begun = Instant::now();
        while !group.is_safe(&watched) || group.serving() != Some(0) {
            assert!(
                begun.elapsed() < START_TIME,
                "the group of Redis does not come about; HAProxy said: {}",
                fs::read_to_string(group.folder.path().join("log")).unwrap_or_default()
            );
            sleep(Duration::from_millis(50)).await;
        }
        group
    }

    /// Where clients find the primary.
    pub fn url(&self) -> String {
        self.servers[0].url_through(self.port)
    }

    /// Which of the servers answers clients now, if any does.
    pub fn serving(&self) -> Option<usize> {
        let info = ask(self.port, &["INFO", "server"])?;
        let port = |server: &PrivateRedis| format!("tcp_port:{}", server.address().port());
        self.servers
            .iter()
            .position(|server| info.lines().any(|line| line == port(server)))
    }

    /// Whether the replica has all of the primary, and each Sentinel knows it and enough others.
    fn is_safe(&self, sentinels: &[u16]) -> bool {
        let name = "scholarship-api";
        let replication = self.servers[1].command(&["INFO", "replication"]);
        replication.contains("master_link_status:up")
            && sentinels.iter().all(|port| {
                let has = |command: &[&str], word: &str| {
                    ask(*port, command).is_some_and(|answer| answer.contains(word))
                };
                has(
                    &["SENTINEL", "ckquorum", name],
                    &format!("OK {SENTINELS} usable"),
                ) && has(
                    &["SENTINEL", "replicas", name],
                    &self.servers[1].address().to_string(),
                )
            })
    }
}

fn sentinel(folder: &Path, port: u16, primary: u16) -> Supervised {
    let own = folder.join(port.to_string());
    fs::create_dir(&own).expect("the folder can be written");
    let text = filled(
        SENTINEL,
        &[
            ("bind OWN-ADDRESS", "bind 127.0.0.1"),
            ("port 26379", &format!("port {port}")),
            ("PRIMARY-ADDRESS 6379", &format!("127.0.0.1 {primary}")),
            (
                "scholarship-api PASSWORD",
                &format!("scholarship-api {PASSWORD}"),
            ),
        ],
    );
    fs::write(own.join("sentinel.conf"), text).expect("the folder can be written");
    Supervised::start(None, &own, "redis-server", &["sentinel.conf", "--sentinel"])
}

fn haproxy(folder: &Path, port: u16, servers: [u16; 2]) -> Supervised {
    let text = filled(
        HAPROXY,
        &[
            ("    log /dev/log local0\n", ""),
            ("bind :6380", &format!("bind 127.0.0.1:{port}")),
            ("127.0.0.1:6379", &format!("127.0.0.1:{}", servers[0])),
            ("127.0.0.1:6389", &format!("127.0.0.1:{}", servers[1])),
        ],
    );
    fs::write(folder.join("haproxy.cfg"), text).expect("the folder can be written");
    let password = format!("REDIS_PASSWORD={PASSWORD}");
    let arguments = [&password, "haproxy", "-db", "-f", "haproxy.cfg"];
    Supervised::start(None, folder, "env", &arguments)
}

fn filled(shipped: &str, places: &[(&str, &str)]) -> String {
    let mut text = shipped.to_owned();
    for (from, to) in places {
        assert!(text.contains(from), "the shipped file has {from}");
        text = text.replace(from, to);
    }
    text
}

/// `None` when nobody answers, or with an error.
fn ask(port: u16, command: &[&str]) -> Option<String> {
    let output = Command::new("redis-cli")
        .args([
            "-p",
            &port.to_string(),
            "--no-auth-warning",
            "-a",
            PASSWORD,
            "-e",
        ])
        .args(command)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // Redis ends lines of INFO as HTTP does.
    output.status.success().then(|| text.replace('\r', ""))
}
