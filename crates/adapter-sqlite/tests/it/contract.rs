//! The store passes the contracts of its ports.

use std::future::{Ready, ready};
use std::sync::Arc;

use adapter_sqlite::{SqliteSettings, SqliteStore};
use ports::{InteractionArchive, InteractionStore, RevocationStore};
use tempfile::TempDir;
use testkit::{AuditedStore, TaskBoard};

fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = SqliteSettings::at(folder.path().join("store.db"));
    (SqliteStore::open(settings).expect("opens"), folder)
}

mod scholarships {
    use super::*;

    fn open() -> Ready<(Arc<dyn AuditedStore>, TempDir)> {
        let (store, folder) = fresh();
        ready((Arc::new(store), folder))
    }

    testkit::scholarship_store_contract!(open);
}

mod interactions {
    use super::*;

    fn open() -> Ready<(Arc<dyn InteractionStore>, TempDir)> {
        let (store, folder) = fresh();
        ready((Arc::new(store), folder))
    }

    testkit::interaction_store_contract!(open);
}

mod revocations {
    use super::*;

    fn open() -> Ready<(Arc<dyn RevocationStore>, TempDir)> {
        let (store, folder) = fresh();
        ready((Arc::new(store), folder))
    }

    testkit::revocation_store_contract!(open);
}

mod tasks {
    use super::*;

    fn open() -> Ready<(Arc<dyn TaskBoard>, TempDir)> {
        let (store, folder) = fresh();
        ready((Arc::new(store), folder))
    }

    testkit::task_store_contract!(open);
}

mod archive {
    use super::*;

    type Ports = (Arc<dyn InteractionStore>, Arc<dyn InteractionArchive>);

    fn open() -> Ready<(Ports, TempDir)> {
        let (store, folder) = fresh();
        ready(((Arc::new(store.clone()), Arc::new(store)), folder))
    }

    testkit::interaction_archive_contract!(open);
}
