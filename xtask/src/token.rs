//! `cargo xtask token`: bearer tokens for people and scripts that call the API.

mod revoke;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use auth::{MintRequest, Minter, Role, Scope, TokenKey, TokenSettings, secret_weakness};
use clap::Args;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print a token signed with JWT_SECRET (JWT_ISSUER, JWT_AUDIENCE and JWT_TOKEN_LIFETIME are honoured)
    Mint(MintArguments),
    /// Have every replica refuse a token, or all of a subject's, within a second
    Revoke(revoke::Arguments),
}

#[derive(Args)]
pub(crate) struct MintArguments {
    /// student, partner, agent or admin
    #[arg(long)]
    role: Role,
    /// A scope to grant, as scholarships:write; may be repeated, and an admin needs none
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Who the bearer is; rate limits and interactions are kept by it
    #[arg(long, default_value = "operator")]
    subject: String,
    /// Lifetime; the server refuses tokens that live longer than its JWT_TOKEN_LIFETIME
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    ttl: u64,
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let arguments = match command {
        Command::Mint(arguments) => arguments,
        Command::Revoke(arguments) => return revoke::run(&arguments),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters a command-line tool here"
    )]
    let now = chrono::Utc::now();
    // Nothing but the token goes to standard output, so that it can be captured.
    println!("{}", mint(&arguments, setting, now)?);
    Ok(ExitCode::SUCCESS)
}

/// As the server reads it: without the white space around it, and an empty variable counts as unset.
pub(crate) fn setting(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// What the server asks of tokens, by the same names.
pub(crate) fn settings(setting: impl Fn(&str) -> Option<String>) -> anyhow::Result<TokenSettings> {
    let mut settings = TokenSettings::default();
    if let Some(issuer) = setting("JWT_ISSUER") {
        settings.issuer = issuer;
    }
    if let Some(audience) = setting("JWT_AUDIENCE") {
        settings.audience = audience;
    }
    if let Some(lifetime) = setting("JWT_TOKEN_LIFETIME") {
        let seconds = lifetime
            .parse()
            .context("JWT_TOKEN_LIFETIME must be a number of seconds")?;
        settings.maximum_lifetime = Duration::from_secs(seconds);
    }
    Ok(settings)
}

fn mint(
    arguments: &MintArguments,
    setting: impl Fn(&str) -> Option<String>,
    now: auth::Timestamp,
) -> anyhow::Result<String> {
    let Some(secret) = setting("JWT_SECRET") else {
        bail!(
            "JWT_SECRET is not set. Set it to the secret that the server runs with; for a server of your own, \
             run `export JWT_SECRET=\"$(openssl rand -base64 48)\"` and start the server from the same shell"
        );
    };
    if let Some(weakness) = secret_weakness(&secret) {
        eprintln!("warning: JWT_SECRET {weakness}; a server in production refuses it");
    }
    let settings = settings(setting)?;
    let key = TokenKey::new(secret.into())?;
    let request = MintRequest {
        subject: arguments.subject.clone(),
        role: arguments.role,
        scopes: arguments.scopes.iter().copied().collect(),
        lifetime: Duration::from_secs(arguments.ttl),
        token_id: uuid::Uuid::new_v4().to_string(),
    };
    Ok(Minter::new(settings, &key).mint(&request, now)?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use auth::{ScopeSet, Timestamp, Verifier};

    use super::*;

    const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";

    fn arguments(ttl: u64) -> MintArguments {
        MintArguments {
            role: Role::Partner,
            scopes: vec![Scope::AnalyticsRead, Scope::ScholarshipsRead],
            subject: "partner-7".to_owned(),
            ttl,
        }
    }

    fn mint_with(ttl: u64, settings: &[(&str, &str)]) -> anyhow::Result<String> {
        let settings: HashMap<&str, &str> = settings.iter().copied().collect();
        let setting = |name: &str| settings.get(name).map(|value| (*value).to_owned());
        mint(&arguments(ttl), setting, Timestamp::UNIX_EPOCH)
    }

    fn verifier(settings: TokenSettings) -> Verifier {
        let key = TokenKey::new(SECRET.into()).unwrap();
        Verifier::new(settings, &[key])
    }

    #[test]
    fn the_server_accepts_the_token_as_what_was_asked_for() {
        let token = mint_with(60, &[("JWT_SECRET", SECRET)]).unwrap();
        let caller = verifier(TokenSettings::default())
            .verify(&token, Timestamp::UNIX_EPOCH)
            .unwrap();
        assert_eq!(caller.subject, "partner-7");
        assert_eq!(caller.role, Role::Partner);
        assert_eq!(
            caller.scopes,
            ScopeSet::from_claim("scholarships:read analytics:read")
        );
        assert_eq!(caller.expires_at.timestamp(), 60);
    }

    #[test]
    fn two_tokens_never_share_an_id() {
        let one = mint_with(60, &[("JWT_SECRET", SECRET)]).unwrap();
        let other = mint_with(60, &[("JWT_SECRET", SECRET)]).unwrap();
        assert_ne!(one, other);
    }

    #[test]
    fn the_settings_of_the_server_are_honoured() {
        let environment = [
            ("JWT_SECRET", SECRET),
            ("JWT_ISSUER", "issuer-x"),
            ("JWT_AUDIENCE", "audience-x"),
            ("JWT_TOKEN_LIFETIME", "7200"),
        ];
        let token = mint_with(7200, &environment).unwrap();
        let settings = TokenSettings {
            issuer: "issuer-x".to_owned(),
            audience: "audience-x".to_owned(),
            maximum_lifetime: Duration::from_secs(7200),
            ..TokenSettings::default()
        };
        assert!(
            verifier(settings)
                .verify(&token, Timestamp::UNIX_EPOCH)
                .is_ok()
        );
    }

    #[test]
    fn a_missing_secret_is_an_error_that_says_what_to_do() {
        let message = mint_with(60, &[]).unwrap_err().to_string();
        assert!(message.contains("export JWT_SECRET="), "{message}");
    }

    #[test]
    fn a_lifetime_that_the_server_would_refuse_is_an_error() {
        let message = mint_with(1801, &[("JWT_SECRET", SECRET)])
            .unwrap_err()
            .to_string();
        assert!(message.contains("1 to 1800 seconds"), "{message}");
    }
}
