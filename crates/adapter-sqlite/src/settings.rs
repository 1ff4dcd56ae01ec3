//! What the store needs to know to open its file.

use std::path::PathBuf;

/// Where the file is and how much may wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSettings {
    /// Made, with its folders, when it is not there.
    pub path: PathBuf,
    /// Connections that read, 1 to 64.
    pub readers: u32,
    /// Writes that may wait before further callers are held back, 1 to 65,536.
    pub write_queue: usize,
}

impl SqliteSettings {
    /// Four readers and 1,024 waiting writes.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            write_queue: 1_024,
        }
    }
}

/// The text names no SQLite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    #[error("must begin with sqlite://, as in sqlite://var/scholarship-api.db")]
    OtherScheme,
    #[error(
        "must name a file after sqlite://, as in sqlite://var/scholarship-api.db or sqlite:///srv/scholarship-api.db"
    )]
    WithoutPath,
    #[error("must name a file: a store in memory would lose what it acknowledged")]
    InMemory,
    #[error("must not have parameters; the store sets its own")]
    WithParameters,
}

/// The path in `sqlite://PATH`: relative to the working directory, or absolute when a third slash begins it.
///
/// # Errors
/// [`InvalidUrl`] says what would be right.
pub fn path_from_url(url: &str) -> Result<PathBuf, InvalidUrl> {
    let path = match url.strip_prefix("sqlite://") {
        Some(path) => path,
        None if url == "sqlite::memory:" => return Err(InvalidUrl::InMemory),
        None => return Err(InvalidUrl::OtherScheme),
    };
    if path.is_empty() || path.ends_with('/') {
        Err(InvalidUrl::WithoutPath)
    } else if path == ":memory:" {
        Err(InvalidUrl::InMemory)
    } else if path.contains(['?', '#']) {
        Err(InvalidUrl::WithParameters)
    } else {
        Ok(PathBuf::from(path))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_url_names_a_relative_or_an_absolute_path() {
        assert_eq!(
            path_from_url("sqlite://var/x.db").as_deref(),
            Ok(Path::new("var/x.db"))
        );
        assert_eq!(
            path_from_url("sqlite:///srv/x.db").as_deref(),
            Ok(Path::new("/srv/x.db"))
        );
    }

    #[test]
    fn a_url_that_names_no_file_is_refused_with_its_reason() {
        for (url, reason) in [
            ("postgres://localhost/x", InvalidUrl::OtherScheme),
            ("var/x.db", InvalidUrl::OtherScheme),
            ("sqlite://", InvalidUrl::WithoutPath),
            ("sqlite://var/", InvalidUrl::WithoutPath),
            ("sqlite::memory:", InvalidUrl::InMemory),
            ("sqlite://:memory:", InvalidUrl::InMemory),
            ("sqlite://x.db?mode=ro", InvalidUrl::WithParameters),
        ] {
            assert_eq!(path_from_url(url), Err(reason), "{url}");
        }
    }
}
