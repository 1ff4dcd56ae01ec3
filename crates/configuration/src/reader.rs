//! Typed values out of the layers; every error is kept, none stops the reading.

use std::str::FromStr;
use std::time::Duration;

use crate::{Layers, SettingError, SettingsError};

pub struct Reader<'a> {
    pub layers: &'a Layers,
    pub errors: Vec<SettingError>,
}

/// Calls `read` with the configuration under the given environment variables; an empty one counts as unset.
///
/// # Errors
/// [`SettingsError`] with everything that is wrong, in the files too.
pub fn read_settings<T>(
    variable: impl Fn(&str) -> Option<String> + 'static,
    read: impl FnOnce(&mut Reader<'_>) -> T,
) -> Result<T, SettingsError> {
    let mut errors = Vec::new();
    let layers = Layers::read(variable, &mut errors);
    let mut reader = Reader {
        layers: &layers,
        errors,
    };
    let settings = read(&mut reader);
    if reader.errors.is_empty() {
        Ok(settings)
    } else {
        Err(SettingsError(reader.errors))
    }
}

impl Reader<'_> {
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(SettingError::new(name, message));
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        self.layers.get(name).map(|value| value.trim().to_owned())
    }

    pub fn text(&mut self, name: &str) -> String {
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

    pub fn number(&mut self, name: &str, least: u64, most: u64) -> u64 {
        self.parsed(
            name,
            least,
            &format!("a whole number from {least} to {most}"),
            |value| (least..=most).contains(value),
        )
    }

    pub fn port(&mut self, name: &str) -> u16 {
        self.parsed(name, 0, "a port from 0 (any free one) to 65535", |_| true)
    }

    pub fn truth(&mut self, name: &str) -> bool {
        self.parsed(name, false, "true or false", |_| true)
    }

    pub fn seconds(&mut self, name: &str, least: u64, most: u64) -> Duration {
        Duration::from_secs(self.parsed(
            name,
            least,
            &format!("a whole number of seconds from {least} to {most}"),
            |value| (least..=most).contains(value),
        ))
    }

    /// Items separated by commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)], fallback: T) -> T {
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
