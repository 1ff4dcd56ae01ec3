//! The schemas of tools, out of the OpenAPI document: what an endpoint takes and answers is described once.

use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// Where the document keeps what is shared.
const SHARED: &str = "#/components/schemas/";
/// Where a schema on its own does.
const OWN: &str = "#/$defs/";

pub(super) struct Schemas(Value);

impl Schemas {
    pub(super) fn of(document: &OpenApi) -> Self {
        Self(serde_json::to_value(document).unwrap_or_default())
    }

    /// Of the body of an operation's request, or where it has none, of its path's parameters. Clients make forms and command
    /// lines of it, and many know neither references nor types that may be null: each part stands where it belongs, and what
    /// may be left out is of one type, though null is taken for it as well.
    pub(super) fn input(&self, method: &str, path: &str) -> JsonObject {
        let operation = &self.0["paths"][path][method];
        let input = match &operation["requestBody"]["content"]["application/json"]["schema"] {
            Value::Null => self.plain(&parameters(operation)),
            body => self.plain(body),
        };
        match input {
            Value::Object(input) => input,
            _ => Map::new(),
        }
    }

    /// Of the body of an operation's good answer.
    pub(super) fn output(&self, method: &str, path: &str) -> JsonObject {
        let operation = &self.0["paths"][path][method];
        let content = &operation["responses"]["200"]["content"];
        self.self_contained(&content["application/json"]["schema"])
    }

    /// An object with all that it refers to.
    fn self_contained(&self, schema: &Value) -> JsonObject {
        let mut root = self.resolved(schema).clone();
        let mut definitions = Map::new();
        self.take_in(&mut root, &mut definitions);
        let mut root = match root {
            Value::Object(root) => root,
            _ => Map::new(),
        };
        if !definitions.is_empty() {
            root.insert("$defs".to_owned(), Value::Object(definitions));
        }
        root
    }

    /// Without references and without null. No input refers to itself.
    fn plain(&self, part: &Value) -> Value {
        match part {
            Value::Object(object) => {
                let entries = object.iter();
                let mut object: Map<String, Value> = entries
                    .filter(|(key, _)| *key != "$ref")
                    .map(|(key, value)| (key.clone(), self.plain(value)))
                    .collect();
                if part["$ref"].is_string() {
                    add_missing(&mut object, self.plain(self.resolved(part)));
                }
                drop_null(&mut object);
                Value::Object(object)
            }
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect(),
            other => other.clone(),
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str();
        let name = name.and_then(|name| name.strip_prefix(SHARED));
        name.map_or(schema, |name| &self.0["components"]["schemas"][name])
    }

    /// Lets the references of a part lead into `definitions`, and puts there what they lead to.
    fn take_in(&self, part: &mut Value, definitions: &mut Map<String, Value>) {
        match part {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get_mut("$ref")
                    && let Some(name) = reference.strip_prefix(SHARED).map(str::to_owned)
                {
                    *reference = format!("{OWN}{name}");
                    self.define(name, definitions);
                }
                for inner in object.values_mut() {
                    self.take_in(inner, definitions);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.take_in(item, definitions);
                }
            }
            _ => {}
        }
    }

    fn define(&self, name: String, definitions: &mut Map<String, Value>) {
        if definitions.contains_key(&name) {
            return;
        }
        let mut definition = self.0["components"]["schemas"][&name].clone();
        // Before its own references are followed: they may lead back to it.
        definitions.insert(name.clone(), Value::Null);
        self.take_in(&mut definition, definitions);
        definitions.insert(name, definition);
    }
}

/// What stands in a schema already says more than what it refers to.
fn add_missing(schema: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        for (key, value) in more {
            schema.entry(key).or_insert(value);
        }
    }
}

/// Takes null out of the types, values and choices of a schema; a choice that is left alone takes its place.
fn drop_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = schema.get_mut(keyword) else {
            continue;
        };
        choices.retain(|choice| choice["type"] != "null");
        if choices.len() == 1 {
            let only = choices.remove(0);
            schema.remove(keyword);
            add_missing(schema, only);
        }
    }
}

/// The object of an operation's path parameters.
fn parameters(operation: &Value) -> Value {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let in_path = parameters.filter(|parameter| parameter["in"] == "path");
    let properties: Map<String, Value> = in_path
        .filter_map(|parameter| {
            let name = parameter["name"].as_str()?.to_owned();
            Some((name, parameter["schema"].clone()))
        })
        .collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(schema: Value) -> Value {
        let shared =
            json!({"Grade": {"type": "string", "description": "of all", "enum": ["a", "b"]}});
        Schemas(json!({"components": {"schemas": shared}})).plain(&schema)
    }

    #[test]
    fn what_is_referred_to_stands_where_it_belongs() {
        let reference = json!({"$ref": "#/components/schemas/Grade"});
        let grade = json!({"type": "string", "description": "of all", "enum": ["a", "b"]});
        assert_eq!(plain(reference.clone()), grade);
        assert_eq!(
            plain(json!({"type": "array", "items": reference})),
            json!({"type": "array", "items": grade})
        );
        let optional = json!({"description": "own", "oneOf": [{"type": "null"}, reference]});
        assert_eq!(
            plain(optional),
            json!({"type": "string", "description": "own", "enum": ["a", "b"]})
        );
    }

    #[test]
    fn null_goes_and_all_else_stays() {
        assert_eq!(
            plain(json!({"type": ["integer", "null"], "minimum": 1})),
            json!({"type": "integer", "minimum": 1})
        );
        let several = json!({"type": ["integer", "string"], "enum": [1, "a"]});
        assert_eq!(
            plain(json!({"type": ["integer", "string", "null"], "enum": [1, "a", null]})),
            several
        );
        let choices = json!({"oneOf": [{"type": "string"}, {"type": "number"}]});
        assert_eq!(plain(choices.clone()), choices);
        // Names of properties are no keywords.
        let named = json!({"properties": {"type": {"type": "string"}, "enum": {"type": "number"}}});
        assert_eq!(plain(named.clone()), named);
    }
}
