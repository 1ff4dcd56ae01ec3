//! Typed values out of the layers; every error is kept, none stops the reading.

use std::str::FromStr;
use std::time::Duration;

use super::SettingError;
use super::layers::Layers;

pub(super) struct Reader<'a> {
    pub(super) layers: &'a Layers,
    pub(super) errors: Vec<SettingError>,
}

impl Reader<'_> {
    pub(super) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(SettingError::new(name, message));
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        self.layers.get(name).map(|value| value.trim().to_owned())
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.refuse(name, "is required");
            String::new()
        })
    }

    fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        fallback: T,
        expected: &str,
        accept: impl Fn(&T) -> bool,
    ) -> T {
        let text = self.text(name);
        match text.parse::<T>() {
            Ok(value) if accept(&value) => value,
            _ => {
                self.refuse(name, format!("must be {expected}, not `{text}`"));
                fallback
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, least: u64, most: u64) -> u64 {
        self.parsed(
            name,
            least,
            &format!("a whole number from {least} to {most}"),
            |value| (least..=most).contains(value),
        )
    }

    pub(super) fn port(&mut self, name: &str) -> u16 {
        self.parsed(name, 0, "a port from 0 (any free one) to 65535", |_| true)
    }

    pub(super) fn truth(&mut self, name: &str) -> bool {
        self.parsed(name, false, "true or false", |_| true)
    }

    pub(super) fn seconds(&mut self, name: &str, least: u64, most: u64) -> Duration {
        Duration::from_secs(self.parsed(
            name,
            least,
            &format!("a whole number of seconds from {least} to {most}"),
            |value| (least..=most).contains(value),
        ))
    }

    /// Items separated by commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)], fallback: T) -> T {
        let text = self.text(name);
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.refuse(
            name,
            format!("must be one of {}, not `{text}`", words.join(", ")),
        );
        fallback
    }
}
