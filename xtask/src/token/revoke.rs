//! `cargo xtask token revoke`: a token, or all of a subject's, is refused by every replica from now on.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use app::pseudonyms::Pseudonyms;
use app::revocations::{Revocations, Revoked};
use auth::TokenSettings;
use ports::{InteractionStore, RevocationStore};

use crate::store::{Store, StoreArguments};
use crate::system_clock::SystemClock;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    revoked: RevokedArguments,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct RevokedArguments {
    /// The `jti` of one token
    #[arg(long, value_name = "ID")]
    jti: Option<String>,
    /// The `sub` whose tokens of until now are all refused; those issued later are accepted
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
}

impl RevokedArguments {
    fn revoked(&self) -> anyhow::Result<Revoked<'_>> {
        let revoked = match (&self.jti, &self.subject) {
            (Some(id), None) => Revoked::Token(id),
            (None, Some(subject)) => Revoked::Subject(subject),
            // The parser lets nothing else through.
            _ => anyhow::bail!("give either --jti or --subject"),
        };
        let (Revoked::Token(name) | Revoked::Subject(name)) = revoked;
        ensure!(
            !name.is_empty() && !name.chars().any(char::is_control),
            "no token has an id or a subject that is empty or holds control characters"
        );
        Ok(revoked)
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(revoke(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(arguments: &Arguments) -> anyhow::Result<()> {
    let revoked = arguments.revoked.revoked()?;
    let store = arguments.store.open_existing().await?;
    let outcome = match &store {
        Store::Sqlite(store) => revoke_in(store, revoked).await,
        Store::Postgres(store) => revoke_in(store, revoked).await,
    };
    store.close().await;
    outcome
}

async fn revoke_in<S>(store: &S, revoked: Revoked<'_>) -> anyhow::Result<()>
where
    S: InteractionStore + RevocationStore + Clone + 'static,
{
    let pseudonyms = Pseudonyms::new(Arc::new(store.clone()));
    let revocations = Revocations::new(
        Arc::new(store.clone()),
        Arc::new(pseudonyms),
        Arc::new(SystemClock),
    );
    let revocation = revocations
        .revoke(revoked, TokenSettings::LONGEST_ACCEPTANCE)
        .await
        .context("it may not be revoked; revoke it again")?;
    match revoked {
        Revoked::Token(id) => println!("revoked the token with the jti {id:?}"),
        Revoked::Subject(subject) => println!(
            "revoked every token of the subject {subject:?} that was issued until {}",
            revocation.revoked_at.format("%FT%TZ")
        ),
    }
    println!(
        "every replica on this store refuses it within a second; kept until {}, when no such token lives any more",
        revocation.expires_at.format("%FT%TZ")
    );
    Ok(())
}
