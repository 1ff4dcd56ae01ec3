//! JSON values as YAML that people can read: block style, keys in the order of the alphabet.

use std::fmt::Write as _;

use serde_json::Value;

/// A whole document below a comment, each line of which is given without its mark.
pub(super) fn document(comment: &str, value: &Value) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        let _ = writeln!(text, "# {line}");
    }
    write(&mut text, value, 0, true);
    text
}

/// `starts_line`: whether the value may begin at the indentation of its parent's next line.
fn write(text: &mut String, value: &Value, indent: usize, starts_line: bool) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (index, (key, value)) in members.iter().enumerate() {
                if starts_line || index > 0 {
                    pad(text, indent);
                }
                text.push_str(&scalar(key));
                text.push(':');
                nested(text, value, indent + 2);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(text, indent);
                text.push('-');
                if item.is_object() && item != &Value::Object(serde_json::Map::new()) {
                    text.push(' ');
                    write(text, item, indent + 2, false);
                } else {
                    nested(text, item, indent + 2);
                }
            }
        }
        other => {
            text.push_str(&flat(other));
            text.push('\n');
        }
    }
}

/// What follows a colon or a dash.
fn nested(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            write(text, value, indent, true);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            write(text, value, indent, true);
        }
        Value::String(lines) if lines.contains('\n') => {
            text.push_str(" |-\n");
            for line in lines.lines() {
                if !line.is_empty() {
                    pad(text, indent);
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        other => {
            text.push(' ');
            text.push_str(&flat(other));
            text.push('\n');
        }
    }
}

fn pad(text: &mut String, indent: usize) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // Empty lists and tables, numbers and truth values are the same in both.
        other => other.to_string(),
    }
}

fn scalar(text: &str) -> String {
    let is_word = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-/. ".contains(&byte))
            && !text.ends_with(' ')
    };
    let means_else = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if is_word(text) && !means_else.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_lists_and_texts_are_written_as_people_would() {
        let value = json!({
            "groups": [{"name": "a", "rules": [{"expr": "x\n\n> 0", "record": "a:b"}, {"expr": "y{z=\"1\"}"}]}],
            "empty": [], "none": {}, "flag": true, "word": "true", "age": "5m", "quote": "it's",
            "lists": [["a"], 1.5],
        });
        let expected = "# Made.\n\
            age: '5m'\nempty: []\nflag: true\n\
            groups:\n  - name: a\n    rules:\n      - expr: |-\n          x\n\n          > 0\n        record: 'a:b'\n      - expr: 'y{z=\"1\"}'\n\
            lists:\n  -\n    - a\n  - 1.5\n\
            none: {}\nquote: 'it''s'\nword: 'true'\n";
        assert_eq!(document("Made.", &value), expected);
    }
}
