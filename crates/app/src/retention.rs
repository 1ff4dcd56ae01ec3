//! How long interactions are kept, in days.

use crate::popularity;

/// The name of the setting, whose default is in `config/default.toml`.
pub const SETTING: &str = "INTERACTIONS_RETENTION_DAYS";
/// With fewer, recommendations would change: popularity, by which they are ranked, counts so far back.
pub const FEWEST_DAYS: u64 = popularity::WINDOW_DAYS.unsigned_abs();
pub const MOST_DAYS: u64 = 36_500;
