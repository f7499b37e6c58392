//! Secrets: made, compared and hashed here, and never printed (SEC-1).

use std::fmt;

use rand::Rng;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};

/// A password or token. It can be checked and, once, shown to its owner; it cannot be printed or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Characters of a generated password: about 119 bits.
const PASSWORD_CHARACTERS: usize = 20;

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one moment its owner is shown it or it is checked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A random password of letters and digits.
    pub(super) fn random_password() -> Self {
        Self(rand::rng().sample_iter(Alphanumeric).take(PASSWORD_CHARACTERS).map(char::from).collect())
    }

    /// A random token of `BYTES` bytes in lowercase hex.
    pub(super) fn random_hex<const BYTES: usize>() -> Self {
        Self(hex::encode(rand::random::<[u8; BYTES]>()))
    }

    /// SHA-256 in lowercase hex: enough for tokens, whose entropy no one can search.
    pub(super) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_1_a_secret_does_not_print() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn tokens_have_the_lengths_callr_clients_expect() {
        assert_eq!(Secret::random_hex::<50>().expose().len(), 100);
        assert_eq!(Secret::random_hex::<20>().expose().len(), 40);
        assert_ne!(Secret::random_password(), Secret::random_password());
    }
}
