//! What is asked: weighted requests of a file, with values that vary from one to the next.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::placeholders;

/// The ones that are shipped, by their names.
const SHIPPED: [(&str, &str); 5] = [
    (
        "browse",
        include_str!("../../../config/scenarios/browse.toml"),
    ),
    (
        "search-heavy",
        include_str!("../../../config/scenarios/search-heavy.toml"),
    ),
    (
        "matching",
        include_str!("../../../config/scenarios/matching.toml"),
    ),
    (
        "agents",
        include_str!("../../../config/scenarios/agents.toml"),
    ),
    (
        "mixed",
        include_str!("../../../config/scenarios/mixed.toml"),
    ),
];

/// What every file may use beside its own values: an id of the catalogue, that of a task, and one that was never used.
pub(super) const SCHOLARSHIP: &str = "scholarship";
pub(super) const TASK: &str = "task";
pub(super) const NEW_ID: &str = "new_id";
const GIVEN: [&str; 3] = [SCHOLARSHIP, TASK, NEW_ID];

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// That of the file.
    #[serde(skip)]
    pub(super) name: String,
    pub(super) description: String,
    /// What clients say of the encodings that they read.
    pub(super) accept_encoding: Option<String>,
    /// Of these lists a request takes one each.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Vec<Value>>,
    pub(super) requests: Vec<Request>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// Under which its figures are shown.
    pub(super) name: String,
    /// So many of the sum of all weights are this request.
    #[serde(default = "one")]
    pub(super) weight: u32,
    #[serde(default)]
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    /// Sent as JSON.
    pub(super) body: Option<Value>,
    /// Who asks; nobody in particular when `None`.
    pub(super) token: Option<Bearer>,
    /// Statuses that are good; anything from 200 to 399 when empty.
    #[serde(default)]
    pub(super) expect: Vec<u16>,
    /// Whether something is kept of it: sent to a service of others only when allowed.
    #[serde(default)]
    pub(super) writes: bool,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    #[default]
    Get,
    Post,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bearer {
    Student,
    Admin,
    /// A new token for each request: one is good for one task.
    Agent,
}

impl Scenario {
    /// A shipped one by its name, or a file.
    ///
    /// # Errors
    ///
    /// When there is none, or something is wrong with it: the message names the field.
    pub(super) fn find(name: &str) -> anyhow::Result<Self> {
        if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "{name} is no file that can be read, and no scenario that is shipped ({})",
                names.join(", ")
            )
        })?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&stem, &text).with_context(|| format!("{name} is no scenario"))
    }

    fn parse(name: &str, text: &str) -> anyhow::Result<Self> {
        let mut scenario: Self = toml::from_str(text)?;
        name.clone_into(&mut scenario.name);
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.requests.is_empty(), "requests: there must be one");
        // First what is misspelt, and then what is therefore not used.
        for (index, request) in self.requests.iter().enumerate() {
            let others = &self.requests[..index];
            ensure!(
                others.iter().all(|other| other.name != request.name),
                "requests[{index}].name: {} stands twice",
                request.name
            );
            self.check_request(&format!("requests[{index}]"), request)?;
        }
        for (name, values) in &self.values {
            let field = format!("values.{name}");
            ensure!(!values.is_empty(), "{field}: must not be empty");
            ensure!(
                !GIVEN.contains(&name.as_str()),
                "{field}: that is given, and needs another name"
            );
            ensure!(self.uses(name), "{field}: no request has ${{{name}}}");
        }
        ensure!(
            !self.uses(TASK) || self.requests.iter().any(Request::makes_task),
            "requests: ${{{TASK}}} needs one to /agent/task"
        );
        Ok(())
    }

    fn check_request(&self, at: &str, request: &Request) -> anyhow::Result<()> {
        let is_word = !request.name.is_empty() && !request.name.chars().any(char::is_control);
        ensure!(is_word, "{at}.name: must be a word");
        ensure!(request.weight > 0, "{at}.weight: must be 1 or more");
        let is_path = request.path.starts_with('/')
            && request.path.bytes().all(|byte| byte.is_ascii_graphic());
        ensure!(
            is_path,
            "{at}.path: must begin with / and have no space in it, as in a URL"
        );
        ensure!(
            request.body.is_none() || request.method == Method::Post,
            "{at}.body: only POST has one"
        );
        for status in &request.expect {
            ensure!(
                (200..=599).contains(status),
                "{at}.expect: {status} is no status"
            );
        }
        for name in placeholders::names(&request.path) {
            self.check_name(&format!("{at}.path"), &name)?;
            let mut values = self.values.get(&name).into_iter().flatten();
            ensure!(
                values.all(|value| value.is_string() || value.is_number()),
                "values.{name}: {at}.path has room for texts and numbers only"
            );
        }
        for name in request.body.iter().flat_map(placeholders::names_in) {
            self.check_name(&format!("{at}.body"), &name)?;
        }
        Ok(())
    }

    fn check_name(&self, field: &str, name: &str) -> anyhow::Result<()> {
        if GIVEN.contains(&name) || self.values.contains_key(name) {
            return Ok(());
        }
        let own = self.values.keys().map(String::as_str);
        let known: Vec<&str> = own.chain(GIVEN).collect();
        bail!(
            "{field}: nothing is called ${{{name}}}; there are {}",
            known.join(", ")
        )
    }

    /// Whether any request has this placeholder.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.requests.iter().any(|request| request.uses(name))
    }

    /// Names of the requests of which something is kept.
    pub(super) fn writers(&self) -> Vec<&str> {
        let writers = self.requests.iter().filter(|request| request.writes);
        writers.map(|request| request.name.as_str()).collect()
    }
}

impl Request {
    /// Whether it sends a task of an agent.
    pub(super) fn makes_task(&self) -> bool {
        self.path == "/agent/task"
    }

    fn uses(&self, name: &str) -> bool {
        let in_body = self.body.iter().flat_map(placeholders::names_in);
        placeholders::names(&self.path)
            .into_iter()
            .chain(in_body)
            .any(|used| used == name)
    }

    /// Whether an answer with this status is good.
    pub(super) fn expects(&self, status: u16) -> bool {
        if self.expect.is_empty() {
            return (200..400).contains(&status);
        }
        self.expect.contains(&status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        description = "two requests"
        [values]
        word = ["nursing", "law"]
        [[requests]]
        name = "search"
        weight = 3
        path = "/api/v1/search?q=${word}"
        [[requests]]
        name = "task"
        method = "POST"
        path = "/agent/task"
        body = { task_id = "${new_id}" }
        token = "agent"
        expect = [202]
        writes = true
    "#;

    fn refused(text: &str) -> String {
        format!("{:#}", Scenario::parse("own", text).unwrap_err())
    }

    #[test]
    fn what_is_shipped_is_in_order() {
        for (name, text) in SHIPPED {
            let scenario = Scenario::parse(name, text).unwrap();
            assert!(!scenario.description.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_file_is_read_with_what_it_leaves_out() {
        let scenario = Scenario::parse("own", GOOD).unwrap();
        let [search, task] = &scenario.requests[..] else {
            panic!("{scenario:?}")
        };
        assert_eq!((search.weight, task.weight), (3, 1));
        assert_eq!(
            (search.method, task.token),
            (Method::Get, Some(Bearer::Agent))
        );
        assert!(search.expects(304) && !search.expects(404) && !task.expects(200));
        assert_eq!(scenario.writers(), ["task"]);
        assert!(scenario.uses(NEW_ID) && !scenario.uses(SCHOLARSHIP));
    }

    #[test]
    fn a_bad_file_names_the_field() {
        for (before, after, field) in [
            ("weight = 3", "weight = 0", "requests[0].weight"),
            ("weight = 3", "wieght = 3", "wieght"),
            ("weight = 3", "weight = \"three\"", "weight"),
            ("\"/api", "\"api", "requests[0].path"),
            (
                "${word}",
                "${wort}",
                "requests[0].path: nothing is called ${wort}",
            ),
            ("${word}", "law", "values.word: no request"),
            ("/agent/task", "/agent/${task}", "requests: ${task} needs"),
            ("${new_id}", "${id}", "requests[1].body"),
            ("[\"nursing\", \"law\"]", "[]", "values.word"),
            ("[\"nursing\", \"law\"]", "[[1]]", "values.word"),
            ("method = \"POST\"", "", "requests[1].body"),
            ("[202]", "[20]", "requests[1].expect"),
            ("\"agent\"", "\"nobody\"", "nobody"),
            ("name = \"task\"", "name = \"search\"", "requests[1].name"),
            ("description = \"two requests\"", "", "description"),
        ] {
            assert!(GOOD.contains(before), "{before}");
            let said = refused(&GOOD.replacen(before, after, 1));
            assert!(said.contains(field), "{field}: {said}");
        }
    }

    #[test]
    fn a_name_that_is_none_lists_those_that_are() {
        let said = format!("{:#}", Scenario::find("brows").unwrap_err());
        assert!(said.contains("browse, search-heavy"), "{said}");
    }
}
