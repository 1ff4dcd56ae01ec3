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

    /// Of the body of an operation's request, or where it has none, of its path's parameters.
    pub(super) fn input(&self, method: &str, path: &str) -> JsonObject {
        let operation = &self.0["paths"][path][method];
        match &operation["requestBody"]["content"]["application/json"]["schema"] {
            Value::Null => self.self_contained(&parameters(operation)),
            body => self.self_contained(body),
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
