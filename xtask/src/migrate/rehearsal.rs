//! All steps made, taken back one by one and made again, on a Postgres that ends with this command.

use std::process::ExitCode;
use std::time::Duration;

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::Migrator;
use anyhow::ensure;
use testkit::PrivatePostgres;

use super::verify;
use crate::tools::ensure_debian_packages;

/// # Errors
/// The step that cannot be made or taken back.
pub(super) async fn hold(patience: Duration) -> anyhow::Result<ExitCode> {
    ensure_debian_packages(&["postgresql-15"])?;
    let server = PrivatePostgres::start();
    let settings = PostgresSettings::new(server.url(&server.database()));
    let migrator = Migrator::connect(&settings, patience).await?;
    let (mut migrator, made) = migrator.up().await?;
    for version in made.iter().rev() {
        let (same, undone) = migrator.down(1).await?;
        migrator = same;
        ensure!(
            undone == [version.as_str()],
            "{undone:?} was taken back instead of {version}"
        );
    }
    let (migrator, again) = migrator.up().await?;
    ensure!(
        !made.is_empty() && again == made,
        "{made:?} were made, and then {again:?}"
    );
    println!("{} steps were made, taken back and made again", made.len());
    verify(migrator, &settings).await
}
