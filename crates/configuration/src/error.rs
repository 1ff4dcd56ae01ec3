//! What is wrong with a configuration.

/// One wrong setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The setting, or the file.
    pub name: String,
    pub message: String,
}

impl SettingError {
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            message: message.into(),
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError(pub Vec<SettingError>);

impl std::fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the configuration has {} error(s):",
            self.0.len()
        )?;
        for error in &self.0 {
            write!(formatter, "\n  {}: {}", error.name, error.message)?;
        }
        Ok(())
    }
}
