//! Settings by their names, out of files and environment variables: every program of ours looks them up here, so that all
//! of them believe the same files.
//!
//! What a value must be is said by whoever reads it. Every error is kept and names its setting.

mod error;
mod layers;
mod reader;

pub use error::{SettingError, SettingsError};
pub use layers::Layers;
pub use reader::{Reader, read_settings};
