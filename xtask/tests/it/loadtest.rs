//! Load tests as people run them, of the server that is built beside this command.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use testkit::supervised::free_port;

use super::Ran;
use super::gates::{SECRET, Server, wait_until};

fn loadtest(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env_remove("JWT_SECRET")
        .arg("loadtest")
        .args(arguments);
    command
}

fn run(arguments: &[&str]) -> Ran {
    Ran::of(loadtest(arguments).output().expect("starts"))
}

fn program() -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent();
    let program = programs.expect("a folder").join("scholarship-api");
    program.display().to_string()
}

/// Debug builds on a machine that runs other tests: thresholds that only a broken server misses, and that let the generator be late.
const LENIENT: [&str; 4] = ["--p95", "9s", "--errors", "0.5%"];

#[test]
fn every_shipped_scenario_is_answered_by_a_server_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("report.html");
    for scenario in ["browse", "search-heavy", "matching", "agents", "mixed"] {
        let program = program();
        let mut command = loadtest(&LENIENT);
        command
            .args(["--binary", &program, "--scenario", scenario])
            .args(["--rate", "60", "--duration", "4s", "--warm-up", "1s"])
            .args(["--format", "json", "--html"])
            .arg(&page);
        let output = command.stderr(Stdio::null()).output().expect("starts");
        let figures = Ran::of(output).ended(0);
        let figures: Value = serde_json::from_str(&figures).expect("JSON");
        let count = |key: &str| figures[key].as_u64().expect("a count");
        assert!((140..340).contains(&count("requests")), "{figures:#}");
        assert_eq!(count("failed") + count("refused"), 0, "{figures:#}");
        assert_eq!(figures["verdict"], "met");
        let cpu = figures["server"]["cpu_ms_per_request"].as_f64();
        assert!(cpu.is_some_and(|cpu| cpu > 0.0), "{figures:#}");
    }
    let page = std::fs::read_to_string(page).expect("was written");
    assert!(page.contains("Load test: mixed") && page.contains("CPU per request"));
}

#[test]
fn the_exit_code_says_what_became_of_the_thresholds() {
    let server = Server::start();
    let target = format!("http://{}", server.address);
    let of = |further: &[&str]| {
        let common = ["--target", target.as_str(), "--scenario", "browse"];
        run(&[&common[..], further].concat())
    };
    let writes = run(&["--target", &target, "--scenario", "mixed"]).ended(2);
    assert!(
        writes.contains("--allow-writes") && writes.contains("interaction"),
        "{writes}"
    );
    let without = ["--target", &target, "--scenario", "mixed", "--allow-writes"];
    let without = run(&without).ended(30);
    assert!(without.contains("JWT_SECRET is not set"), "{without}");
    let strange = loadtest(&["--target", &target, "--scenario", "mixed", "--allow-writes"])
        .env("JWT_SECRET", SECRET.replace('k', "K"))
        .output();
    let strange = Ran::of(strange.expect("starts")).ended(30);
    assert!(strange.contains("TOKEN_SIGNATURE_INVALID"), "{strange}");
    of(&["--p95", "200"]).ended(2);
    of(&["--rate", "0"]).ended(2);
    run(&["--scenario", "nothing"]).ended(2);
    // Sixty requests a minute are all that a stranger may ask.
    let limited = of(&["--rate", "100", "--duration", "3s", "--warm-up", "1s"]).ended(30);
    assert!(limited.contains("RATE_LIMIT_PUBLIC"), "{limited}");
    let again = of(&[]).ended(30);
    assert!(
        again.contains("RATE_LIMITED") && again.contains("wait"),
        "{again}"
    );
}

/// A service that fails with every second request, and how many it was asked.
fn failing_service() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let counter = Arc::clone(&counter);
            std::thread::spawn(move || answer(stream, &counter));
        }
    });
    (address, asked)
}

fn answer(stream: std::io::Result<TcpStream>, asked: &AtomicU64) -> std::io::Result<()> {
    let mut stream = stream?;
    let mut buffer = [0; 4_096];
    while stream.read(&mut buffer)? > 0 {
        let is_good = asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        let status = if is_good { "200 OK" } else { "503 No" };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")?;
    }
    Ok(())
}

/// A scenario of one request.
fn scenario_in(folder: &Path) -> String {
    let file = folder.join("own.toml");
    let text = "description = \"one\"\n[[requests]]\nname = \"one\"\npath = \"/one\"\n";
    std::fs::write(&file, text).expect("is written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn missed_thresholds_end_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = &scenario_in(folder.path());
    let (address, _) = failing_service();
    let target = format!("http://{address}");
    let arguments = [
        &LENIENT[..],
        &["--target", &target, "--scenario", file, "--rate", "100"],
        &["--duration", "2s", "--warm-up", "0s"],
    ]
    .concat();
    let missed = run(&arguments).ended(1);
    assert!(
        missed.contains("one: 503") && missed.contains("% failed, and 0.5 % may"),
        "{missed}"
    );
}

#[test]
fn a_service_that_is_not_there_cannot_be_measured() {
    let target = format!("http://127.0.0.1:{}", free_port());
    let said = run(&["--target", &target, "--scenario", "browse"]).ended(30);
    assert!(said.contains("is the service running there?"), "{said}");
}

/// The first process that this one started, once it is there.
fn child_of(process: u32) -> String {
    let threads = Path::new("/proc").join(process.to_string()).join("task");
    let mut child = None;
    wait_until(|| {
        let threads = std::fs::read_dir(&threads).expect("it runs");
        child = threads.flatten().find_map(|thread| {
            let children = std::fs::read_to_string(thread.path().join("children")).ok()?;
            children.split_whitespace().next().map(str::to_owned)
        });
        child.is_some()
    });
    child.expect("is there")
}

#[test]
fn a_server_that_dies_while_its_limit_is_looked_for_gives_no_limit() {
    let mut command = loadtest(&LENIENT);
    command.args(["--binary", &program(), "--scenario", "browse"]);
    command.args(["--find-limit", "--rate", "80", "--duration", "2s"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut searching = command.spawn().expect("starts");
    let server = child_of(searching.id());
    let said = BufReader::new(searching.stderr.take().expect("is piped"));
    let mut said = said.lines().map_while(Result::ok);
    // The first rate was measured.
    let first = said.find(|line| line.ends_with("  MET"));
    assert!(first.is_some(), "no rate was measured");
    let killed = Command::new("kill").args(["-KILL", &server]).status();
    assert!(killed.expect("starts").success());
    let said: Vec<String> = said.collect();
    let ended = searching.wait().expect("has ended");
    assert_eq!(ended.code(), Some(30), "{said:?}");
    assert!(
        (said.iter()).any(|line| line.contains("the server ended by itself at")),
        "{said:?}"
    );
}

fn interrupt(process: u32) {
    let told = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status();
    assert!(told.expect("starts").success());
}

#[test]
fn an_interrupted_load_tells_what_was_measured_until_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("report.html");
    let (address, asked) = failing_service();
    let mut command = loadtest(&LENIENT);
    command
        .args(["--target", &format!("http://{address}")])
        .args(["--scenario", &scenario_in(folder.path())])
        .args(["--rate", "100", "--duration", "5m", "--warm-up", "0s"])
        .arg("--html")
        .arg(&page);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().expect("starts");
    wait_until(|| asked.load(Ordering::SeqCst) > 150);
    interrupt(running.id());
    let said = Ran::of(running.wait_with_output().expect("ends")).ended(30);
    for part in ["interrupted after ", " s of 300 s", "one: 503"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let page = std::fs::read_to_string(page).expect("was written");
    assert!(page.contains("interrupted after "), "{page}");
}

#[test]
fn an_interrupted_search_has_found_no_limit_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().expect("a folder");
    let mut command = loadtest(&LENIENT);
    command.args(["--binary", &program(), "--scenario", "browse"]);
    command.args(["--find-limit", "--rate", "80", "--duration", "2s"]);
    command.env("TMPDIR", temporary.path());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut searching = command.spawn().expect("starts");
    let said = BufReader::new(searching.stderr.take().expect("is piped"));
    let mut said = said.lines().map_while(Result::ok);
    let first = said.find(|line| line.ends_with("  MET"));
    assert!(first.is_some(), "no rate was measured");
    interrupt(searching.id());
    // Read to its end, so that it never waits for us.
    let rest: Vec<String> = said.collect();
    let ended = searching.wait_with_output().expect("ends");
    let shown = Ran::of(ended).ended(30);
    assert!(
        shown.contains("NOT MEASURED") && shown.contains("interrupted"),
        "{shown} {rest:?}"
    );
    let mut left = std::fs::read_dir(temporary.path()).expect("is there");
    assert!(left.next().is_none(), "its folder is left");
}
