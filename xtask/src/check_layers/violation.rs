//! What breaks the rules, and the sentence that says so.

use std::fmt;
use std::path::PathBuf;

use super::crates::Crate;
use super::table;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Violation {
    NoRow { package: String },
    Forbidden { package: String, dependency: String },
    ForbiddenInTests { package: String, dependency: String },
    ImpureDomain { dependency: String },
    FolderName { package: String, folder: String },
    ModFile { path: PathBuf },
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRow { package } => write!(
                formatter,
                "{package}: has no row in the dependency table; decide what it may depend on"
            ),
            Self::Forbidden {
                package,
                dependency,
            } => write!(formatter, "{package}: must not depend on {dependency}"),
            Self::ForbiddenInTests {
                package,
                dependency,
            } => write!(
                formatter,
                "{package}: not even its tests may depend on {dependency}"
            ),
            Self::ImpureDomain { dependency } => write!(
                formatter,
                "domain: must stay free of runtimes, I/O and frameworks such as {dependency}"
            ),
            Self::FolderName { package, folder } => write!(
                formatter,
                "{package}: lies in the folder {folder}; the folder must be named like the crate"
            ),
            Self::ModFile { path } => write!(
                formatter,
                "{}: must be named after its module, beside the module's folder",
                path.display()
            ),
        }
    }
}

pub(super) fn violations(crates: &[Crate]) -> Vec<Violation> {
    crates.iter().flat_map(of_crate).collect()
}

fn of_crate(package: &Crate) -> Vec<Violation> {
    let mut found = Vec::new();
    if package.folder != package.name {
        found.push(Violation::FolderName {
            package: package.name.clone(),
            folder: package.folder.clone(),
        });
    }
    found.extend(
        package
            .mod_files
            .iter()
            .map(|path| Violation::ModFile { path: path.clone() }),
    );
    let Some(allowed) = table::row(&package.name) else {
        found.push(Violation::NoRow {
            package: package.name.clone(),
        });
        return found;
    };
    for dependency in &package.dependencies {
        let name = &dependency.name;
        if !dependency.ours {
            if package.name == "domain"
                && !dependency.development
                && table::is_kept_out_of_domain(name)
            {
                found.push(Violation::ImpureDomain {
                    dependency: name.clone(),
                });
            }
        } else if dependency.development {
            if !allowed.permits(name) && !table::permits_in_tests(name) {
                found.push(Violation::ForbiddenInTests {
                    package: package.name.clone(),
                    dependency: name.clone(),
                });
            }
        } else if !allowed.permits(name) {
            found.push(Violation::Forbidden {
                package: package.name.clone(),
                dependency: name.clone(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use cargo_metadata::MetadataCommand;

    use super::super::crates;
    use super::*;

    fn write_crate(root: &Path, folder: &str, name: &str, rest: &str) {
        let directory = root.join(folder);
        fs::create_dir_all(directory.join("src")).unwrap();
        fs::write(directory.join("src/lib.rs"), "").unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}\n");
        fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    }

    /// The sentences on a workspace made of these crates: folder, name, and the rest of the manifest.
    fn sentences(members: &[(&str, &str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        fs::write(
            root.path().join("Cargo.toml"),
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n",
        )
        .unwrap();
        for (folder, name, rest) in members {
            write_crate(&root.path().join("crates"), folder, name, rest);
        }
        let metadata = MetadataCommand::new()
            .no_deps()
            .manifest_path(root.path().join("Cargo.toml"))
            .exec()
            .unwrap();
        violations(&crates::of_workspace(&metadata).unwrap())
            .iter()
            .map(Violation::to_string)
            .collect()
    }

    #[test]
    fn a_forbidden_edge_is_reported() {
        let found = sentences(&[
            (
                "domain",
                "domain",
                "[dependencies]\nhttp-api = { path = \"../http-api\" }",
            ),
            ("http-api", "http-api", ""),
        ]);
        assert_eq!(found, ["domain: must not depend on http-api"]);
    }

    #[test]
    fn a_forbidden_edge_cannot_hide_behind_another_name_kind_or_platform() {
        let domain = "[build-dependencies]\nports = { path = \"../ports\" }\n\
             [dependencies]\nharmless = { package = \"app\", path = \"../app\" }\n\
             [target.'cfg(windows)'.dependencies]\nauth = { path = \"../auth\", optional = true }";
        let found = sentences(&[
            ("app", "app", ""),
            ("auth", "auth", ""),
            ("domain", "domain", domain),
            ("ports", "ports", ""),
        ]);
        for dependency in ["app", "auth", "ports"] {
            let sentence = format!("domain: must not depend on {dependency}");
            assert!(found.contains(&sentence), "{found:?}");
        }
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn edges_of_the_table_and_adapters_in_tests_are_fine() {
        let app = "[dependencies]\ndomain = { path = \"../domain\" }\nports = { path = \"../ports\" }\n\
             [dev-dependencies]\ntestkit = { path = \"../testkit\" }\nadapter-memory = { path = \"../adapter-memory\" }";
        let found = sentences(&[
            ("adapter-memory", "adapter-memory", ""),
            ("app", "app", app),
            ("domain", "domain", "[dependencies]\nserde = \"1\""),
            (
                "ports",
                "ports",
                "[dependencies]\ndomain = { path = \"../domain\" }",
            ),
            ("testkit", "testkit", ""),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_testkit_is_for_tests_and_the_shell_is_not_for_the_tests_of_others() {
        let server = "[dependencies]\ntestkit = { path = \"../testkit\" }\nhttp-api = { path = \"../http-api\" }";
        let app = "[dev-dependencies]\nhttp-api = { path = \"../http-api\" }";
        let xtask = "[dependencies]\nserver = { path = \"../server\" }\nadapter-sqlite = { path = \"../adapter-sqlite\" }";
        let found = sentences(&[
            ("adapter-sqlite", "adapter-sqlite", ""),
            ("app", "app", app),
            ("http-api", "http-api", ""),
            ("server", "server", server),
            ("testkit", "testkit", ""),
            ("xtask", "xtask", xtask),
        ]);
        assert_eq!(
            found,
            [
                "app: not even its tests may depend on http-api",
                "server: must not depend on testkit",
                "xtask: must not depend on server",
            ]
        );
    }

    #[test]
    fn runtimes_stay_out_of_the_domain() {
        for name in [
            "tokio",
            "tokio-util",
            "diesel",
            "diesel-async",
            "actix-web",
            "async-trait",
            "futures-util",
        ] {
            let rest =
                format!("[dependencies]\n{name} = \"1\"\n[dev-dependencies]\nproptest = \"1\"");
            let found = sentences(&[("domain", "domain", &rest)]);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(found[0].contains(name), "{found:?}");
        }
    }

    #[test]
    fn unknown_crates_and_misnamed_folders_are_reported() {
        let found = sentences(&[("core", "domain", ""), ("helpers", "helpers", "")]);
        assert_eq!(
            found,
            [
                "domain: lies in the folder core; the folder must be named like the crate",
                "helpers: has no row in the dependency table; decide what it may depend on",
            ]
        );
    }

    #[test]
    fn files_named_mod_are_reported_wherever_they_lie() {
        let path = PathBuf::from("crates/domain/tests/common/mod.rs");
        let package = Crate {
            name: "domain".to_owned(),
            folder: "domain".to_owned(),
            dependencies: Vec::new(),
            mod_files: vec![path.clone()],
        };
        assert_eq!(violations(&[package]), [Violation::ModFile { path }]);
    }
}
