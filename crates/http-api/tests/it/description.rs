//! The OpenAPI document against the routes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::{Api, id};
use crate::conformance::DOCUMENT;

#[actix_web::test]
async fn the_document_that_is_served_is_the_one_that_the_crate_offers() {
    let api = Api::start().await;
    assert_eq!(api.get("/openapi.json").await.json(), *DOCUMENT);
}

#[actix_web::test]
async fn every_documented_operation_is_routed() {
    let api = Api::start().await;
    for (template, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = template
                .replace("{id}", &id(1))
                .replace("{file}", "index.css");
            let answer = api.send(&method.to_uppercase(), &path, &[], None).await;
            assert_ne!(answer.status, 405, "{method} {path}");
            assert!(
                answer.status != 404 || answer.code() != "NOT_FOUND",
                "{method} {path}"
            );
        }
    }
}

/// The other way round: routes are only ever registered together with their documentation, by the one function that these
/// files use.
#[test]
fn routes_are_registered_with_their_documentation_only() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/resources");
    let mut handlers = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains("web::resource") && !text.contains(".route("),
            "{}",
            path.display()
        );
        let attributes = text.matches("\n#[get(").count()
            + text.matches("\n#[post(").count()
            + text.matches("\n#[put(").count()
            + text.matches("\n#[patch(").count()
            + text.matches("\n#[delete(").count();
        assert_eq!(
            attributes,
            text.matches(".service(").count(),
            "{}",
            path.display()
        );
        handlers += attributes;
    }
    let documented: usize = DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    assert_eq!(handlers, documented);
}

#[test]
fn the_document_is_openapi_3_1_and_describes_every_operation() {
    assert!(DOCUMENT["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{place} has no summary");
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{place} shares its id"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses
                    .keys()
                    .any(|status| status.starts_with(['2', '3'])),
                "{place}"
            );
            for (status, response) in responses
                .iter()
                .filter(|(status, _)| status.as_str() >= "400")
            {
                let readiness = status == "503" && ["/readyz", "/health"].contains(&path.as_str());
                let message = status == "404" && path == "/mcp";
                assert!(
                    readiness
                        || message
                        || response["content"]["application/problem+json"].is_object(),
                    "{place} {status}"
                );
            }
        }
    }
    assert_eq!(
        DOCUMENT["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                found.extend(
                    object
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                object.values().for_each(|inner| references(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&DOCUMENT, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
}

/// The reader's own list of what it knows, from its refusal of a foreign name, is the documented one.
#[actix_web::test]
async fn documented_query_parameters_are_those_that_are_read() {
    let api = Api::start().await;
    let admin = api.token(auth::Role::Admin, "");
    for (template, item) in DOCUMENT["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else {
            continue;
        };
        let documented: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let path = template
            .replace("{id}", &id(1))
            .replace("{file}", "index.css");
        let answer = api
            .get_as(&admin, &format!("{path}?xyzzyxyzzyxyzzyxyzzy=1"))
            .await;
        let wrong = answer.wrong_fields();
        let refusal = wrong
            .iter()
            .find_map(|field| field.strip_prefix("xyzzyxyzzyxyzzyxyzzy: is not a parameter"))
            .expect(template);
        let read: BTreeSet<&str> = refusal
            .strip_prefix("; there are ")
            .map(|names| names.split(", ").collect())
            .unwrap_or_default();
        assert_eq!(documented, read, "{template}");
    }
}
