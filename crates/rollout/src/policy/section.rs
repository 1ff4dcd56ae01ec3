//! Reads a table of the policy key by key, so that every error is found and named, and no key is left over unnoticed.

use std::time::Duration;

use toml::{Table, Value};

use super::{monitoring::Operation, problem::Problem};
use crate::span;

pub(super) struct Section {
    path: String,
    left: Table,
}

impl Section {
    pub(super) fn new(path: impl Into<String>, table: Table) -> Self {
        Self {
            path: path.into(),
            left: table,
        }
    }

    /// The full name of a key in here.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.path)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// What cannot be read since something else is wrong.
    pub(super) fn ignore(&mut self, keys: &[&str]) {
        for key in keys {
            self.left.remove(*key);
        }
    }

    /// Whatever was not taken is unknown.
    pub(super) fn finish(self, problems: &mut Vec<Problem>) {
        for key in self.left.keys() {
            problems.push(Problem::invalid(self.key(key), "is not a known key"));
        }
    }

    pub(super) fn section(&mut self, key: &str, problems: &mut Vec<Problem>) -> Self {
        let table = self.take(key, "a table", problems, |value| match value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        Self::new(self.key(key), table.unwrap_or_default())
    }

    /// The tables in here by name.
    pub(super) fn into_sections(self, problems: &mut Vec<Problem>) -> Vec<(String, Self)> {
        let mut sections = Vec::new();
        for (name, value) in self.left.clone() {
            let path = self.key(&name);
            match value {
                Value::Table(table) => sections.push((name, Self::new(path, table))),
                _ => problems.push(Problem::invalid(path, "must be a table")),
            }
        }
        sections
    }

    /// The tables of a list, named by their place.
    pub(super) fn list(&mut self, key: &str, problems: &mut Vec<Problem>) -> Vec<Self> {
        let tables = self.take(key, "a list of tables", problems, |value| {
            let Value::Array(values) = value else {
                return None;
            };
            let tables = values.into_iter().map(|value| match value {
                Value::Table(table) => Some(table),
                _ => None,
            });
            tables.collect::<Option<Vec<Table>>>()
        });
        let tables = tables.unwrap_or_default().into_iter().enumerate();
        tables
            .map(|(index, table)| Self::new(format!("{}[{index}]", self.key(key)), table))
            .collect()
    }

    pub(super) fn text(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
        self.take(key, "a text", problems, |value| match value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        })
    }

    pub(super) fn span(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<Duration> {
        self.take(key, "a duration like `5m`", problems, |value| {
            span::parse(value.as_str()?)
        })
    }

    pub(super) fn number(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<f64> {
        self.take(key, "a number, 0 or more", problems, |value| {
            let number = match value {
                Value::Float(number) => number,
                Value::Integer(number) => f64::from(i32::try_from(number).ok()?),
                _ => return None,
            };
            (number.is_finite() && number >= 0.0).then_some(number)
        })
    }

    /// Above 0 and below 1.
    pub(super) fn part(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<f64> {
        self.take(key, "a number above 0 and below 1", problems, |value| {
            value.as_float().filter(|part| 0.0 < *part && *part < 1.0)
        })
    }

    pub(super) fn count(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<u64> {
        self.take(key, "a whole number above 0", problems, |value| {
            let count = u64::try_from(value.as_integer()?).ok()?;
            (1..=1_000_000_000).contains(&count).then_some(count)
        })
    }

    pub(super) fn edges(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<Vec<u32>> {
        self.take(key, "a list of ascending milliseconds", problems, |value| {
            let edge = |value: &Value| u32::try_from(value.as_integer()?).ok();
            let edges: Vec<u32> = value.as_array()?.iter().map(edge).collect::<Option<_>>()?;
            (!edges.is_empty() && edges.is_sorted_by(|left, right| left < right)).then_some(edges)
        })
    }

    /// One or more durations, ascending.
    pub(super) fn spans(
        &mut self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Duration>> {
        self.take(key, "a list of ascending durations", problems, |value| {
            let span = |value: &Value| span::parse(value.as_str()?);
            let spans: Vec<Duration> = value.as_array()?.iter().map(span).collect::<Option<_>>()?;
            (!spans.is_empty() && spans.is_sorted_by(|left, right| left < right)).then_some(spans)
        })
    }

    /// One or more templates of routes, as metrics name them.
    pub(super) fn routes(&mut self, key: &str, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
        let expected = "a list of routes like `/api/v1/scholarships/{id}`";
        self.take(key, expected, problems, |value| {
            texts(&value, |text| is_route(text).then(|| text.to_owned()))
        })
    }

    /// One or more methods with their routes.
    pub(super) fn operations(
        &mut self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Operation>> {
        let expected = "a list of operations like `GET /api/v1/search`";
        self.take(key, expected, problems, |value| {
            texts(&value, |text| {
                let (method, route) = text.split_once(' ')?;
                let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
                (is_method && !method.is_empty() && is_route(route)).then(|| Operation {
                    method: method.to_owned(),
                    route: route.to_owned(),
                })
            })
        })
    }

    fn take<T>(
        &mut self,
        key: &str,
        expected: &str,
        problems: &mut Vec<Problem>,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.left.remove(key) else {
            problems.push(Problem::invalid(self.key(key), "is missing"));
            return None;
        };
        let read = read(value);
        if read.is_none() {
            let reason = format!("must be {expected}");
            problems.push(Problem::invalid(self.key(key), reason));
        }
        read
    }
}

/// All of a list that is not empty, or nothing.
fn texts<T>(value: &Value, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let read = |value: &Value| read(value.as_str()?);
    let texts: Vec<T> = value.as_array()?.iter().map(read).collect::<Option<_>>()?;
    (!texts.is_empty()).then_some(texts)
}

/// Nothing in it is read as a pattern by a query, but the braces of a parameter.
fn is_route(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_{}".contains(&byte);
    text.starts_with('/') && text.bytes().all(is_plain)
}
