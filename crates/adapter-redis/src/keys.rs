//! Names of keys in Redis: `PREFIX:KIND:vN:=KEY`, or `PREFIX:KIND:vN:#DIGEST` where the key is long.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Longer keys are replaced by their digest, in bytes.
const LONGEST: usize = 200;

/// How the values of this adapter are laid out. Raise it with every change of a script's data.
const LAYOUT: u32 = 1;

/// Makes the names of one environment's keys.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// The name of a key of some kind.
    pub(crate) fn name(&self, kind: &str, key: &str) -> String {
        let mut name = format!("{}:{kind}:v{LAYOUT}:", self.prefix);
        if key.len() <= LONGEST {
            name.push('=');
            name.push_str(key);
        } else {
            name.push('#');
            for byte in Sha256::digest(key.as_bytes()) {
                let _ = write!(name, "{byte:02x}");
            }
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_can_be_read_and_long_ones_are_bounded_and_differ() {
        let keys = Keys::new("test");
        assert_eq!(keys.name("rate", "a:b"), "test:rate:v1:=a:b");
        let (one, other) = ("x".repeat(1_000), "x".repeat(1_001));
        let digest = keys.name("rate", &one);
        assert_eq!(digest.len(), "test:rate:v1:#".len() + 64);
        assert_ne!(digest, keys.name("rate", &other));
        assert_ne!(digest, keys.name("rate", &digest["test:rate:v1:".len()..]));
    }
}
