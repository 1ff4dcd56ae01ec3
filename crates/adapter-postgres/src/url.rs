//! Reading the database URL: what concerns TLS is ours, the rest is the driver's.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::SslMode;

/// The URL, taken apart.
pub(crate) struct Target {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) encryption: Encryption,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Encryption {
    None,
    /// With whoever answers.
    Unverified,
    /// With the host that was named, vouched for by these authorities, or by the system's.
    Verified {
        authorities: Option<PathBuf>,
    },
}

/// The text is no URL of a Postgres.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUrl {
    #[error("must begin with postgresql:// or postgres://")]
    OtherScheme,
    #[error("has an sslmode other than disable, require and verify-full")]
    SslMode,
    #[error("has an sslrootcert, which only sslmode=verify-full looks at")]
    UselessAuthorities,
    #[error("has text that is not UTF-8")]
    NotUtf8,
    #[error("names no host")]
    WithoutHost,
    #[error("cannot be read")]
    Unreadable(#[source] tokio_postgres::Error),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        if !url.starts_with("postgresql://") && !url.starts_with("postgres://") {
            return Err(InvalidUrl::OtherScheme);
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    let path = percent_decode_str(value).decode_utf8();
                    authorities = Some(PathBuf::from(
                        path.map_err(|_| InvalidUrl::NotUtf8)?.into_owned(),
                    ));
                }
                _ => rest.push(pair),
            }
        }
        let encryption = match (mode, authorities) {
            (Some("verify-full"), authorities) => Encryption::Verified { authorities },
            (None | Some("disable" | "require"), Some(_)) => {
                return Err(InvalidUrl::UselessAuthorities);
            }
            (None | Some("require"), None) => Encryption::Unverified,
            (Some("disable"), None) => Encryption::None,
            (Some(_), _) => return Err(InvalidUrl::SslMode),
        };
        let mut config: tokio_postgres::Config = format!("{base}?{}", rest.join("&"))
            .parse()
            .map_err(InvalidUrl::Unreadable)?;
        if config.get_hosts().is_empty() {
            return Err(InvalidUrl::WithoutHost);
        }
        // The driver's own default would go on in plain text when the server asks for it.
        config.ssl_mode(match encryption {
            Encryption::None => SslMode::Disable,
            Encryption::Unverified | Encryption::Verified { .. } => SslMode::Require,
        });
        Ok(Self { config, encryption })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Encryption {
        Target::parse(url)
            .map(|target| target.encryption)
            .expect("is read")
    }

    #[test]
    fn nothing_falls_back_to_plain_text_unless_the_url_says_so() {
        for (url, expected) in [
            ("postgresql://u:p@h:5432/d", SslMode::Require),
            (
                "postgres://h/d?connect_timeout=30&sslmode=require",
                SslMode::Require,
            ),
            ("postgresql://h/d?sslmode=verify-full", SslMode::Require),
            ("postgresql://h/d?sslmode=disable", SslMode::Disable),
        ] {
            let target = Target::parse(url).expect("is read");
            assert_eq!(target.config.get_ssl_mode(), expected, "{url}");
        }
    }

    #[test]
    fn the_authorities_file_is_decoded_and_the_driver_gets_the_rest() {
        let url = "postgresql://h/d?sslrootcert=%2Fetc%2Fmy%20ca.pem&application_name=x&sslmode=verify-full";
        let target = Target::parse(url).expect("is read");
        let authorities = Some(PathBuf::from("/etc/my ca.pem"));
        assert_eq!(target.encryption, Encryption::Verified { authorities });
        assert_eq!(target.config.get_application_name(), Some("x"));
        assert_eq!(
            encryption("postgresql://h/d?sslmode=verify-full"),
            Encryption::Verified { authorities: None }
        );
    }

    #[test]
    fn what_would_weaken_or_mislead_is_refused() {
        for url in [
            "mysql://h/d",
            "postgresql://h/d?sslmode=prefer",
            "postgresql://h/d?sslmode=allow",
            "postgresql://h/d?sslmode=verify-ca",
            "postgresql://h/d?sslrootcert=/ca.pem",
            "postgresql://h/d?sslmode=require&sslrootcert=/ca.pem",
            "postgresql://h/d?nonsense=1",
            "postgresql:///d",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
