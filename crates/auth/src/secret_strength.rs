//! Tells secrets that anyone could guess from secrets that may guard production.

/// HS256 keys shorter than the hash output are refused by RFC 7518, section 3.2.
const MINIMUM_BYTES: usize = 32;

/// Random text of [`MINIMUM_BYTES`] bytes has more distinct ones than this with overwhelming probability, in hexadecimal too.
const MINIMUM_DISTINCT_BYTES: usize = 8;

/// Parts of the secrets that stand in tutorials, templates and defaults, in lower case without punctuation. None is
/// shorter than seven letters, so that a random secret practically never contains one.
const GIVEAWAYS: [&str; 22] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "placeholder",
    "example",
    "password",
    "passphrase",
    "insecure",
    "default",
    "yoursecret",
    "your256bit",
    "yourjwt",
    "mysecret",
    "jwtsecret",
    "secretkey",
    "supersecret",
    "stringsecret",
    "devsecret",
    "testsecret",
    "0123456789",
    "abcdefghij",
];

/// Why a secret may not guard production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretWeakness {
    #[error("has {bytes} bytes, needs at least 32; make one with `openssl rand -base64 48`")]
    TooShort { bytes: usize },
    #[error("is a well-known default or placeholder; make one with `openssl rand -base64 48`")]
    WellKnown,
    #[error("repeats itself; make one with `openssl rand -base64 48`")]
    Repetitive,
}

/// What makes the secret weak, if anything. The check is a safety net against defaults, not a measure of entropy.
pub fn secret_weakness(secret: &str) -> Option<SecretWeakness> {
    if secret.len() < MINIMUM_BYTES {
        return Some(SecretWeakness::TooShort {
            bytes: secret.len(),
        });
    }
    let letters: String = secret
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if GIVEAWAYS.iter().any(|giveaway| letters.contains(giveaway)) {
        return Some(SecretWeakness::WellKnown);
    }
    is_repetitive(secret.as_bytes()).then_some(SecretWeakness::Repetitive)
}

fn is_repetitive(secret: &[u8]) -> bool {
    let mut distinct = secret.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let longest_unit = secret.len() / 2;
    distinct.len() < MINIMUM_DISTINCT_BYTES
        || (1..=longest_unit).any(|unit| {
            secret
                .iter()
                .zip(&secret[unit..])
                .all(|(byte, later)| byte == later)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_one_random_bytes_are_too_few_and_thirty_two_are_enough() {
        let strong = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";
        assert_eq!(secret_weakness(strong), None);
        assert_eq!(
            secret_weakness(&strong[1..]),
            Some(SecretWeakness::TooShort { bytes: 31 })
        );
    }

    #[test]
    fn random_hexadecimal_text_is_strong() {
        assert_eq!(secret_weakness("9f86d081884c7d659a2feaa0c55ad015"), None);
    }

    #[test]
    fn defaults_and_placeholders_are_weak_however_they_are_spelt() {
        for secret in [
            "change-me-change-me-change-me-now",
            "your-256-bit-secret-your-256-bit",
            "a-string-secret-at-least-256-bits-long",
            "This_Is_My_SUPER_secret_JWT_signing_value",
            "scholarship-api-default-token-value",
            "correct horse PASSWORD battery staple",
        ] {
            assert_eq!(
                secret_weakness(secret),
                Some(SecretWeakness::WellKnown),
                "{secret}"
            );
        }
    }

    #[test]
    fn long_but_repetitive_secrets_are_weak() {
        for secret in [
            "a".repeat(64),
            "kT9vQ2mX7pLc".repeat(4),
            "kT9vQ2mX7pLckT9vQ2mX7pLckT9vQ2mX7".to_owned(),
        ] {
            assert_eq!(
                secret_weakness(&secret),
                Some(SecretWeakness::Repetitive),
                "{secret}"
            );
        }
    }
}
