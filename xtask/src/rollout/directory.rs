//! Where a release is kept on plain machines: a directory with its state, its history and the lock of whoever drives it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rollout::history::{self, Head, Record};
use rollout::machine::{Log, LogError, StateStore, StoreError};
use tempfile::NamedTempFile;

const STATE: &str = "state.json";
const HISTORY: &str = "history.jsonl";
const LOCK: &str = "lock";

/// Reading needs no lock; writing does.
#[derive(Debug, Clone)]
pub(crate) struct Directory(PathBuf);

/// Held by the one process that drives the release, and given back when that ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Directory {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file beside the state.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// `None` while another process drives.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made or written to.
    pub(crate) fn try_lock(&self) -> anyhow::Result<Option<Lock>> {
        let shown = self.0.display();
        fs::create_dir_all(&self.0).with_context(|| format!("cannot make {shown}"))?;
        let path = self.file(LOCK);
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        // For people only: who holds it is told by the lock itself.
        file.set_len(0)?;
        write!(file, "{}", std::process::id())?;
        Ok(Some(Lock { _file: file }))
    }

    /// # Errors
    ///
    /// When another process drives.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        match self.try_lock()? {
            Some(lock) => Ok(lock),
            None => bail!(
                "another process{} drives the release in {}",
                self.holder(),
                self.0.display()
            ),
        }
    }

    fn holder(&self) -> String {
        let id = fs::read_to_string(self.file(LOCK)).unwrap_or_default();
        if id.is_empty() {
            id
        } else {
            format!(" ({id})")
        }
    }

    /// The text of the history; empty when there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn history(&self) -> anyhow::Result<String> {
        let path = self.file(HISTORY);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Makes a folder in it, unless it is there.
    ///
    /// # Errors
    ///
    /// When that cannot be done.
    pub(crate) fn make(&self, folder: &str) -> anyhow::Result<()> {
        let path = self.file(folder);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))
    }

    /// [`Self::replace`], with the file named in its error.
    ///
    /// # Errors
    ///
    /// When it may not have been replaced.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.replace(name, text)
            .with_context(|| format!("cannot write {}", self.file(name).display()))
    }

    /// Replaces a file as a whole, and returns once it would survive a loss of power.
    pub(crate) fn replace(&self, name: &str, text: &str) -> io::Result<()> {
        replace(&self.file(name), text)
    }
}

/// Replaces a file as a whole, so that a reader finds the old one or the new one, and returns once it would survive a loss of power.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut aside = NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

impl StateStore for Directory {
    fn load(&self) -> Result<Option<String>, StoreError> {
        match fs::read_to_string(self.file(STATE)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Unavailable(Box::new(error))),
        }
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.replace(STATE, text)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))
    }
}

impl Log for Directory {
    fn head(&self) -> Result<Head, LogError> {
        let unavailable = |error: io::Error| LogError::Unavailable(Box::new(error));
        let mut file = match OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.file(HISTORY))
        {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Head::default()),
            Err(error) => return Err(unavailable(error)),
        };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unavailable)?;
        let reading =
            history::read(&text).map_err(|error| LogError::Unavailable(Box::new(error)))?;
        if reading.torn.is_some() {
            let intact = u64::try_from(reading.intact_bytes(&text)).unwrap_or(u64::MAX);
            file.set_len(intact).map_err(unavailable)?;
            file.sync_all().map_err(unavailable)?;
        }
        Ok(reading.records.last().map(Record::head).unwrap_or_default())
    }

    fn append(&self, record: &Record) -> Result<(), LogError> {
        let append = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).append(true).open(self.file(HISTORY))?;
            let end = file.seek(SeekFrom::End(0))?;
            let written = file
                .write_all(record.to_line().as_bytes())
                .and_then(|()| file.sync_all());
            if written.is_err() {
                // Half a line on a full disk: taken back where possible, cut off by the next reader where not.
                drop(file.set_len(end));
            }
            written?;
            File::open(&self.0)?.sync_all()
        };
        append().map_err(|error| LogError::Unavailable(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rollout::history::{Entry, Event};
    use rollout::traffic::Weights;

    use super::*;

    fn record(head: &Head) -> Record {
        let entry = Entry {
            at: DateTime::<Utc>::UNIX_EPOCH,
            operator: "ada".to_owned(),
            reason: "a test".to_owned(),
            event: Event::Paused,
            verdict_hash: None,
            weights: Weights::ALL_STABLE,
        };
        Record::after(head, entry)
    }

    #[test]
    fn one_process_drives_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(&place.path().join("new"));
        let lock = directory.lock().unwrap();
        assert!(directory.try_lock().unwrap().is_none());
        let refusal = directory.lock().unwrap_err().to_string();
        assert!(
            refusal.contains(&std::process::id().to_string()),
            "{refusal}"
        );
        drop(lock);
        directory.lock().unwrap();
    }

    #[test]
    fn the_state_is_what_was_saved_last() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        assert_eq!(directory.load().unwrap(), None);
        for text in ["one", "two"] {
            directory.save(text).unwrap();
            assert_eq!(directory.load().unwrap().as_deref(), Some(text));
        }
    }

    #[test]
    fn a_torn_line_is_cut_off_before_the_next_one() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        assert_eq!(directory.head().unwrap(), Head::default());
        let first = record(&Head::default());
        directory.append(&first).unwrap();
        let whole = directory.history().unwrap();
        fs::write(directory.file(HISTORY), format!("{whole}{{\"schema\"")).unwrap();
        assert_eq!(directory.head().unwrap(), first.head());
        let second = record(&first.head());
        directory.append(&second).unwrap();
        let head = history::verify_text(&directory.history().unwrap(), None).unwrap();
        assert_eq!(head, second.head());
    }

    #[test]
    fn a_changed_line_is_an_error_and_stays() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        fs::write(directory.file(HISTORY), "no record\n").unwrap();
        assert!(directory.head().is_err());
        assert_eq!(directory.history().unwrap(), "no record\n");
    }
}
