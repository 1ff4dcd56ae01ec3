//! What is shipped is accepted, and each thing that may be wrong with it is found.

mod fitting;
mod plan;

use std::sync::OnceLock;

use serde_json::json;

use super::*;

fn workspace() -> Workspace {
    Workspace::load().unwrap()
}

/// As kustomize builds it.
pub(super) fn shipped(applied: &str) -> Objects {
    Objects::parse(&built(&workspace(), applied).unwrap()).unwrap()
}

fn production() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| built(&workspace(), "production").unwrap())
}

fn complaints(objects: &Objects) -> Vec<String> {
    let documentation = Documentation::of(&workspace()).unwrap();
    checks::complaints(objects, &documentation)
}

#[test]
fn everything_that_is_shipped_passes() {
    check(&workspace()).unwrap();
}

#[test]
fn every_folder_that_somebody_applies_is_looked_at() {
    let root = workspace().root().join(FOLDER);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("kustomization.yaml") {
                let applied = folder.strip_prefix(&root).unwrap();
                found.push(applied.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, APPLIED);
}

#[test]
fn staging_and_production_share_neither_a_database_nor_a_command_center() {
    let places = |applied: &str| {
        let objects = shipped(applied);
        let postgres = objects.named("Service", &json!("postgres")).unwrap();
        let settings = objects
            .of_kind("ConfigMap")
            .find(|map| !map["data"]["COMMAND_CENTER_URL"].is_null())
            .unwrap();
        let places = [
            &postgres["spec"]["externalName"],
            &settings["data"]["COMMAND_CENTER_URL"],
        ];
        places.map(|place| place.as_str().unwrap().to_owned())
    };
    let (production, staging) = (places("production"), places("staging"));
    for (one, other) in production.iter().zip(&staging) {
        assert_ne!(one, other);
    }
    // Another road to the same place.
    assert_eq!(places("small"), production);
    // The base's own, which leads nowhere.
    for [database, _] in [&production, &staging] {
        assert!(!database.ends_with(".invalid"), "{database}");
    }
}

#[test]
fn replicas_beside_an_autoscaler_are_found() {
    let mut objects = Objects::parse(production()).unwrap();
    let rollout = objects
        .all_mut()
        .iter_mut()
        .find(|one| one["kind"] == "Rollout");
    rollout.unwrap()["spec"]["replicas"] = json!(3);
    let found = complaints(&objects);
    assert!(
        found.iter().any(|one| one.contains("its replicas are set")),
        "{found:?}"
    );
}

/// Each replacement breaks a rule of a schema: of Kubernetes, of a CRD, of what a CRD embeds; or the YAML.
#[test]
fn objects_that_a_cluster_would_refuse_are_found() {
    for (from, to, words) in [
        ("averageValue:", "averageVale:", "averageVale"),
        ("minAvailable: 2", "minAvailable: [2]", "minAvailable"),
        ("canaryService:", "canaryServise:", "canaryServise"),
        ("backendRefs:", "backends:", "backends"),
        ("podTemplateHashValue:", "podHash:", "podHash"),
        ("honorLabels: true", "honorLabels: 7", "honorLabels"),
        (
            "whenUnsatisfiable:",
            "whenUnsatisfyable:",
            "whenUnsatisfiable",
        ),
        ("restartPolicy: Never", "restartPolicy: 3", "restartPolicy"),
        (
            "kind: Rollout\n",
            "kind: Rollin\n",
            "there is no schema for it",
        ),
        (
            "kind: HTTPRoute",
            "kind: HTTPRout",
            "there is no schema for it",
        ),
        (
            "kind: ServiceAccount\n",
            "kind: ServiceAccunt\n",
            "Couldn't find schema",
        ),
    ] {
        let mut objects = production().split("\n---\n");
        let object = objects.find(|object| object.contains(from));
        let object = object.unwrap_or_else(|| panic!("{from} is not there"));
        let broken = object.replace(from, to);
        let found = complaints_of_schemas(&workspace(), &broken, 1).unwrap();
        assert!(
            found.iter().any(|one| one.contains(words)),
            "{to}: {found:#?}"
        );
    }
}

#[test]
fn a_key_that_stands_twice_and_a_document_too_many_are_errors() {
    let documents = Objects::parse(production()).unwrap().len();
    let twice = production().replacen("spec:\n", "spec: {}\nspec:\n", 1);
    assert!(complaints_of_schemas(&workspace(), &twice, documents).is_err());
    assert!(complaints_of_schemas(&workspace(), production(), documents + 1).is_err());
}
