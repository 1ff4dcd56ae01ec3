//! Starts what an image holds as an engine would: its own root, which is read-only, the image's user and environment, no capability
//! and no way to get one. Namespaces of the network and of processes are left out.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use testkit::supervised::free_port;

use super::Variant;
use super::image::Image;
use super::rootfs::WRITABLE;
use crate::pause::pause;
use crate::running_server::{self, status_of};
use crate::tools::is_root;

/// Mounts the root over itself, read-only but for the folders given, and becomes the program: the process stays the same, so that
/// signals reach it.
const ENTER: &str = r#"
set -eu
root=$1 user=$2 writable=$3
shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for folder in $writable; do mount -t tmpfs -o mode=1777,size=256m tmpfs "$root/$folder"; done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot chroot --userspec="$user" "$root" "$@"
"#;
/// Of the programs outside; what runs inside finds none of them.
const PATH: &str = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const STARTING: Duration = Duration::from_secs(60);

/// # Errors
/// It does not start, answer, heed the health check, or end as it should.
pub(super) fn run(image: &Image, folder: &Path, variant: Variant) -> anyhow::Result<()> {
    ensure!(
        is_root(),
        "only root may mount, and change the root directory: run this as root"
    );
    match variant {
        Variant::Server => serve(image, folder),
        Variant::Tools => migrate(image, folder),
    }
}

/// The command of the image, with more arguments, in its root.
fn inside(image: &Image, folder: &Path, arguments: &[&str]) -> anyhow::Result<Command> {
    let root = folder.canonicalize()?;
    let mut command = Command::new("unshare");
    command
        .args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            ENTER,
            "enter",
        ])
        .arg(root)
        .args([&image.user, &WRITABLE.join(" ")])
        .args(&image.entrypoint)
        .args(arguments);
    command.env_clear().envs(&image.environment);
    command.env("PATH", PATH);
    Ok(command)
}

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(image: &Image, folder: &Path) -> anyhow::Result<()> {
    let (port, admin_port) = (free_port(), free_port());
    let settings = [
        // Nobody else is to reach a server that is only tried.
        ("HOST", "127.0.0.1".to_owned()),
        ("PORT", port.to_string()),
        ("ADMIN_PORT", admin_port.to_string()),
        ("LOG_LEVEL", "warn".to_owned()),
        (
            "JWT_SECRET",
            format!("{}{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4()),
        ),
    ];
    let mut command = inside(image, folder, &[])?;
    let begun = Instant::now();
    let mut running = Running(command.envs(settings.clone()).spawn()?);
    let asked = |port: u16, target: &str| status_of(([127, 0, 0, 1], port).into(), target).ok();
    while asked(port, "/readyz") != Some(200) {
        if let Some(status) = running.0.try_wait()? {
            bail!("the server ended: {status}");
        }
        ensure!(begun.elapsed() < STARTING, "the server is not ready");
        pause(Duration::from_millis(20));
    }
    println!("ready after {:.2} s", begun.elapsed().as_secs_f64());
    for (port, target, wanted) in [
        (port, "/healthz", 200),
        (port, "/api/v1/scholarships", 200),
        (port, "/metrics", 404),
        (admin_port, "/metrics", 200),
    ] {
        let found = asked(port, target);
        ensure!(
            found == Some(wanted),
            "{target} is answered with {found:?}, not {wanted}"
        );
    }
    confined(running.0.id(), &image.user)?;
    let check = |port: u16| health_check(image, running.0.id(), &settings, port);
    ensure!(
        check(port)?.success(),
        "the health check says that it does not live"
    );
    ensure!(
        check(free_port())?.code() == Some(1),
        "the health check finds a server where there is none"
    );
    end(running)
}

/// The image's own check, as an engine runs it: in the root of the running container.
fn health_check(
    image: &Image,
    process: u32,
    settings: &[(&str, String)],
    port: u16,
) -> anyhow::Result<ExitStatus> {
    let command = image
        .health_check
        .as_ref()
        .context("there is no health check")?;
    let (user, group) = image.user.split_once(':').context("USER names no group")?;
    let mut entered = Command::new("nsenter");
    entered
        .args(["--mount", "--root", "--target", &process.to_string()])
        .args(["--setuid", user, "--setgid", group])
        .args(command);
    entered.env_clear().envs(&image.environment);
    entered.envs(settings.iter().map(|(name, value)| (*name, value)));
    let output = entered
        .env("PORT", port.to_string())
        .env("PATH", PATH)
        .output()
        .context("nsenter")?;
    Ok(output.status)
}

/// As the kernel writes a set of capabilities without any.
const NO_RIGHTS: &str = "0000000000000000";

/// What the kernel says of the process.
fn confined(process: u32, user: &str) -> anyhow::Result<()> {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}"));
    let status = read("status")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(|line| line.split_whitespace().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let (uid, gid) = user.split_once(':').context("USER names no group")?;
    ensure!(field("Uid:") == [uid; 4], "its user is {:?}", field("Uid:"));
    ensure!(
        field("Gid:") == [gid; 4],
        "its group is {:?}",
        field("Gid:")
    );
    ensure!(
        field("Groups:").iter().all(|group| *group == gid),
        "it has more groups"
    );
    for rights in ["CapEff:", "CapPrm:", "CapInh:", "CapAmb:"] {
        ensure!(
            field(rights) == [NO_RIGHTS],
            "it has capabilities: {rights} {:?}",
            field(rights)
        );
    }
    ensure!(field("NoNewPrivs:") == ["1"], "it may get more rights");
    let mounts = read("mountinfo")?;
    let options = |place: &str| {
        let fields = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        let mut at = fields.filter(|fields| fields.get(4) == Some(&place));
        at.next_back()
            .and_then(|fields| fields.get(5).map(|one| (*one).to_owned()))
    };
    let root = options("/").unwrap_or_default();
    ensure!(
        root.split(',').any(|one| one == "ro"),
        "its root is mounted {root}"
    );
    println!("user {user}, no capabilities, read-only root");
    Ok(())
}

fn end(mut running: Running) -> anyhow::Result<()> {
    let asked = Instant::now();
    running_server::end(&mut running.0)?;
    println!("ended {:.2} s after SIGTERM", asked.elapsed().as_secs_f64());
    Ok(())
}

/// What the migration Job of a cluster runs; without a database, only that the program starts and knows its command.
fn migrate(image: &Image, folder: &Path) -> anyhow::Result<()> {
    let database = std::env::var("DATABASE_URL").ok();
    let arguments: &[&str] = if database.is_some() {
        &["migrate", "up"]
    } else {
        println!("DATABASE_URL is not set: no database is migrated");
        &["migrate", "--help"]
    };
    let mut command = inside(image, folder, arguments)?;
    command.envs(database.map(|url| ("DATABASE_URL", url)));
    let output = command.output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    ensure!(
        output.status.success(),
        "`{}` failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
