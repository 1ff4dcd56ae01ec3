//! Every operation says who may use it, and nobody else may.

use std::collections::BTreeSet;

use auth::{Role, Scope, ScopeSet};
use http_api::{POLICIES, Policy};

use crate::api::{Api, id};
use crate::conformance::DOCUMENT;

#[test]
fn every_operation_has_one_declared_policy() {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let routed: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let declared: BTreeSet<(String, String)> = POLICIES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(routed, declared);
    assert_eq!(declared.len(), POLICIES.len(), "one of them stands twice");
}

/// Whether who brings this token, or none, may ask at all.
fn allows(policy: Policy, bearer: Option<(Role, ScopeSet)>) -> bool {
    match (policy, bearer) {
        (Policy::Probe | Policy::Public | Policy::PublicAndMore(_), _) => true,
        (Policy::Roles(roles), Some((role, _))) => roles.contains(&role),
        (Policy::Scope(scope), Some((role, scopes))) => {
            role == Role::Admin || scopes.contains(scope)
        }
        (Policy::Roles(_) | Policy::Scope(_), None) => false,
    }
}

/// As the documentation says it.
fn words(policy: Policy) -> String {
    match policy {
        Policy::Probe => "anybody, never limited".to_owned(),
        Policy::Public => "anybody".to_owned(),
        Policy::PublicAndMore(scope) => format!("anybody; drafts with `{scope}`"),
        Policy::Roles(roles) => {
            let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            names.join(", ")
        }
        Policy::Scope(scope) => format!("scope `{scope}`, or admin"),
    }
}

/// No token, and every role with no scope, each scope alone, and all of them.
fn bearers() -> Vec<Option<(Role, ScopeSet)>> {
    let mut sets = vec![ScopeSet::EMPTY, ScopeSet::all()];
    sets.extend(Scope::ALL.map(|scope| ScopeSet::from_iter([scope])));
    let with_token = Role::ALL
        .into_iter()
        .flat_map(|role| sets.iter().map(move |scopes| Some((role, *scopes))));
    std::iter::once(None).chain(with_token).collect()
}

#[actix_web::test]
async fn the_policies_are_what_the_routes_do() {
    let api = Api::start().await;
    let (mut granted, mut refused) = (0, 0);
    for (method, template, policy) in POLICIES {
        let path = template
            .replace("{id}", &id(9_999))
            .replace("{file}", "index.css");
        for bearer in bearers() {
            let token = bearer.map(|(role, scopes)| api.token(role, &scopes.to_string()));
            let headers: Vec<(&str, &str)> = token
                .iter()
                .map(|token| ("Authorization", token.as_str()))
                .collect();
            let answer = api
                .send(&method.to_uppercase(), &path, &headers, None)
                .await;
            let is_refused = matches!(answer.status, 401 | 403);
            let place = format!("{method} {path} as {bearer:?}: {}", answer.status);
            assert_eq!(is_refused, !allows(*policy, bearer), "{place}");
            if is_refused {
                refused += 1;
                assert_eq!(answer.status == 401, bearer.is_none(), "{place}");
            } else {
                granted += 1;
            }
        }
    }
    assert!(granted > 500 && refused > 150, "{granted} and {refused}");
}

#[test]
fn the_table_of_the_documentation_is_the_table_of_the_code() {
    let documented = include_str!("../../../../docs/security.md");
    let rows: Vec<&str> = documented
        .lines()
        .filter(|line| {
            ["GET", "POST", "PUT", "PATCH", "DELETE"]
                .iter()
                .any(|method| line.starts_with(&format!("| `{method} /")))
        })
        .collect();
    let expected: Vec<String> = POLICIES
        .iter()
        .map(|(method, path, policy)| {
            format!(
                "| `{} {path}` | {} |",
                method.to_uppercase(),
                words(*policy)
            )
        })
        .collect();
    assert_eq!(rows, expected);
}
