//! The Dockerfile runs what the check runs, and the stack of containers is like the rest of `deploy`.

use clap::Parser as _;
use serde_json::Value;

use super::*;
use crate::CommandLine;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn image(variant: Variant) -> Image {
    image_of(&root(), variant).unwrap()
}

fn compose() -> Value {
    serde_norway::from_str(&text_of(compose::FILE)).unwrap()
}

/// A value of YAML with `<<` taken in.
fn merged(value: &Value) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    let mut all = members
        .get("<<")
        .map_or_else(|| Value::Object(Default::default()), merged);
    for (key, value) in members.iter().filter(|(key, _)| *key != "<<") {
        all[key] = merged(value);
    }
    all
}

#[test]
fn images_hold_what_this_program_puts_together_and_nothing_else() {
    let runs = Image::parse(&text_of(DOCKERFILE), "build")
        .unwrap()
        .runs
        .join(" && ");
    for variant in [Variant::Server, Variant::Tools] {
        let image = image(variant);
        assert_eq!(image.base, "scratch");
        let folder = format!("/image/{}", stage(variant));
        assert_eq!(image.copies, [format!("--from=build {folder} /")]);
        assert_eq!(
            image.entrypoint,
            [format!(
                "/{}/{}",
                rootfs::PROGRAMS,
                rootfs::program(variant)
            )]
        );
        assert_eq!(image.user, "65532:65532");
        // The build stage fills that folder with this variant, by a command that is understood here.
        let commands = runs.split("&&").map(str::trim);
        let mut made =
            commands.filter_map(|command| command.strip_prefix("target/release/xtask container "));
        let line = made.find(|line| line.contains(&folder)).unwrap();
        let words = ["xtask", "container"]
            .into_iter()
            .chain(line.split_whitespace());
        let CommandLine {
            command: crate::Command::Container(arguments),
        } = CommandLine::try_parse_from(words).unwrap()
        else {
            panic!("{line} is another command")
        };
        assert_eq!(arguments.image, variant);
        assert_eq!(arguments.rootfs.unwrap(), Path::new(&folder));
        let binary = format!("target/release/{}", rootfs::program(variant));
        assert_eq!(arguments.binary.unwrap(), Path::new(&binary));
        assert!((arguments.most_megabytes - 60.0).abs() < f64::EPSILON);
    }
    assert!(runs.contains("cargo build --release --locked --package server --package xtask"));
}

#[test]
fn images_say_what_they_are() {
    for variant in [Variant::Server, Variant::Tools] {
        let image = image(variant);
        for label in ["title", "description", "licenses", "version", "revision"] {
            let value = &image.labels[&format!("org.opencontainers.image.{label}")];
            assert!(!value.is_empty(), "{label}");
        }
        assert_eq!(
            image.labels["org.opencontainers.image.licenses"],
            "GPL-3.0-or-later"
        );
    }
}

#[test]
fn the_server_writes_where_a_volume_is_and_checks_its_own_health() {
    let image = image(Variant::Server);
    for volume in &image.volumes {
        assert!(
            rootfs::WRITABLE.contains(&volume.trim_start_matches('/')),
            "{volume}"
        );
    }
    let store = image.environment["DATABASE_URL"]
        .strip_prefix("sqlite://")
        .unwrap();
    assert!(store.starts_with(&image.volumes[0]), "{store}");
    assert_eq!(image.ports, [5000, 9464]);
    let check = image.health_check.unwrap();
    assert_eq!(check, [image.entrypoint[0].as_str(), "healthcheck"]);
}

#[test]
fn an_instruction_that_nobody_tries_is_refused() {
    let error = Image::parse("FROM scratch AS a\nADD x /\n", "a").unwrap_err();
    assert!(
        format!("{error:#}").contains("ADD is not known"),
        "{error:#}"
    );
    assert!(Image::parse("FROM scratch AS a\n", "b").is_err());
    let image = Image::parse(
        "FROM x AS a\nENV A=1 \\\n  B=\"2 3\"\nUSER 1:2\nFROM y AS b\nUSER 3:4\n",
        "a",
    )
    .unwrap();
    assert_eq!(image.user, "1:2");
    assert_eq!(image.environment["B"], "2 3");
}

/// The files of Rust that a build of programs reads.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.file_stem().is_none_or(|name| name != "tests"))
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|name| name == "rs"))
        .collect()
}

/// What a file of a crate takes in of other places, from the root.
fn taken_in(file: &Path, of_crate: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(file).unwrap();
    let programs = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let macros = [
        ("include_str!(", file.parent().unwrap()),
        ("include_bytes!(", file.parent().unwrap()),
        ("embed_migrations!(", of_crate),
    ];
    let taken = macros.iter().flat_map(|(name, from)| {
        programs.split(name).skip(1).filter_map(|rest| {
            let literal = rest.trim_start().strip_prefix('"');
            let Some(path) = literal.and_then(|rest| rest.split('"').next()) else {
                // Of scripts beside it, by a macro.
                assert!(
                    file.ends_with("adapter-redis/src/script.rs"),
                    "{}",
                    file.display()
                );
                return None;
            };
            Some(from.join(path).canonicalize().unwrap())
        })
    });
    let root = root().canonicalize().unwrap();
    taken
        .map(|path| path.strip_prefix(&root).unwrap().to_owned())
        .collect()
}

/// Whatever is compiled in must be in the build's context.
#[test]
fn the_build_gets_every_file_that_it_reads() {
    let ignored = text_of(".dockerignore");
    let kept: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let crates = std::fs::read_dir(root().join("crates")).unwrap();
    let crates = crates.map(|entry| entry.unwrap().path());
    let mut read: Vec<PathBuf> = crates
        .chain([root().join("xtask")])
        .flat_map(|of_crate| {
            let files = sources(&of_crate.join("src"));
            let taken = files.iter().flat_map(|file| taken_in(file, &of_crate));
            taken.collect::<Vec<_>>()
        })
        .collect();
    let found = |name: &str| read.iter().any(|path| path == Path::new(name));
    assert!(found("deploy/redis/sentinel.conf") && found("migrations/postgres"));
    let others = [
        "Cargo.lock",
        "LICENSE",
        "config/rollout.toml",
        "crates/server",
        "xtask/src",
    ];
    read.extend(others.map(PathBuf::from));
    for path in read {
        assert!(
            kept.iter().any(|one| path.starts_with(one)),
            "{}",
            path.display()
        );
        assert!(root().join(&path).exists(), "{}", path.display());
    }
    assert!(ignored.lines().any(|line| line == "*"));
}

#[test]
fn the_stack_has_everything_and_hands_every_setting_over_by_its_name() {
    let services = merged(&compose()["services"]);
    let names: Vec<&String> = services.as_object().unwrap().keys().collect();
    let wanted = [
        "alertmanager",
        "collector",
        "grafana",
        "haproxy",
        "migrate",
        "pgbouncer",
        "postgres",
        "prometheus",
        "redis",
        "server-1",
        "server-2",
        "server-3",
    ];
    assert_eq!(names, wanted);
    let settings = text_of("docs/configuration.md");
    for name in ["server-1", "server-2", "server-3"] {
        let server = &services[name];
        assert_eq!(server["read_only"], true);
        assert_eq!(server["build"]["target"], "server");
        assert_eq!(
            server["depends_on"]["migrate"]["condition"],
            "service_completed_successfully"
        );
        for setting in server["environment"].as_object().unwrap().keys() {
            assert!(
                settings.contains(&format!("`{setting}`")),
                "{setting} is no setting"
            );
        }
    }
    // What the stack asks for, and nothing else, must be given.
    let text = text_of(compose::FILE);
    let asked = text
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once(":?"));
    let mut asked: Vec<&str> = asked
        .map(|(name, _)| name)
        .filter(|name| !name.contains('}'))
        .collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, compose::WANTED);
}

#[test]
fn nothing_of_the_stack_is_published_beyond_this_machine() {
    for (name, service) in merged(&compose()["services"]).as_object().unwrap() {
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(
                port.as_str().unwrap().starts_with("127.0.0.1:"),
                "{name}: {port}"
            );
        }
    }
}

/// Lines that say something of a place, and not of how requests are treated.
fn without_places(configuration: &str) -> Vec<&str> {
    let places = [
        "log ",
        "bind ",
        "server ",
        "stats socket ",
        "resolvers ",
        "parse-resolv-conf",
        "hold ",
    ];
    let lines = configuration.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| !places.iter().any(|place| line.starts_with(place)))
        .map(|line| line.trim_end_matches(" init-addr last,libc,none resolvers docker"))
        .collect()
}

#[test]
fn the_stacks_router_treats_requests_as_the_shipped_one() {
    let (ours, shipped) = (
        text_of(compose::HAPROXY),
        text_of("deploy/haproxy/haproxy.cfg"),
    );
    assert_eq!(without_places(&ours), without_places(&shipped));
    for name in ["stable-1", "stable-2", "canary-1"] {
        let server = format!("server {name} ");
        assert!(
            ours.contains(&server) && shipped.contains(&server),
            "{name}"
        );
    }
}

#[test]
fn the_stacks_pooler_pools_as_the_one_of_the_cluster() {
    let settings = |path: &str| -> Vec<String> {
        let text = text_of(path);
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.contains(" = "));
        let lines = lines.filter(|line| !line.starts_with(';') && !line.contains("tls_"));
        lines.map(str::to_owned).collect()
    };
    let ours = settings("deploy/compose/pgbouncer.ini");
    assert_eq!(
        ours,
        settings("deploy/kubernetes/base/pgbouncer/pgbouncer.ini")
    );
    assert!(ours.iter().any(|line| line == "pool_mode = transaction"));
}
