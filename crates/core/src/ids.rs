//! Identifiers: accounts, calls, and the 8-character hashes of the CALLR API.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An account (tenant) by its name: 1 to 64 of `A-Z a-z 0-9 . _ -`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountId(Arc<str>);

/// Why a text is no account name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account name is 1 to 64 of A-Z a-z 0-9 . _ - and starts with a letter or digit")]
pub struct InvalidAccountId;

impl AccountId {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`InvalidAccountId`] when the text is not of the form above.
    pub fn new(name: &str) -> Result<Self, InvalidAccountId> {
        let bytes = name.as_bytes();
        let starts_well = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if starts_well && bytes.len() <= 64 && bytes.iter().all(allowed) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidAccountId)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 8 characters of `A-Z0-9` by which the CALLR API names this account (format `hash`).
    #[must_use]
    pub fn hash(&self) -> String {
        short_hash(&["account", &self.0])
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Bits of a derived `callid`: every such number is exact in JavaScript and in a JSON double.
const DERIVED_CALLID_BITS: u32 = 53;

/// The `callid` CALLR shows: the source's own id when that is a plain decimal up to 2^63-1 without leading
/// zeros, else the low 53 bits of SHA-256 over account and source id. Equal inputs give equal ids for ever.
///
/// Two of an account's calls may in theory share a derived id (about 1 in 180 for 10 million calls of one
/// account); records are keyed by the source id, so nothing is merged, both are merely found.
#[must_use]
pub fn callid_of(account: &AccountId, call_id: &str) -> i64 {
    let plain = !call_id.starts_with('0') && call_id.bytes().all(|byte| byte.is_ascii_digit());
    if plain && let Ok(own) = call_id.parse::<i64>() {
        return own;
    }
    let mut number = i64::from_be_bytes(digest8(&["callid", account.as_str(), call_id]));
    number &= (1 << DERIVED_CALLID_BITS) - 1;
    number.max(1)
}

/// The hash by which the CALLR API names a text message: the source's own id when that is one (8 of `A-Z0-9`), else one
/// derived from account and source id. Equal inputs give equal hashes for ever.
///
/// Two messages of one account may share a derived hash: among 100,000 about once in 560 accounts, among 10 million about 18
/// pairs. Records are keyed by the source id, so nothing is merged, both are merely found.
#[must_use]
pub fn sms_hash(account: &AccountId, sms_id: &str) -> String {
    let is_hash = sms_id.len() == HASH_CHARS
        && sms_id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_hash { sms_id.to_owned() } else { short_hash(&["sms", account.as_str(), sms_id]) }
}

/// Characters of CALLR's format `hash`.
const HASH_CHARS: usize = 8;

/// Eight characters of `A-Z0-9` derived from the parts (CALLR format `hash`).
#[must_use]
pub fn short_hash(parts: &[&str]) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = u64::from_be_bytes(digest8(parts));
    (0..HASH_CHARS)
        .map(|_| {
            let digit = usize::try_from(rest % 36).unwrap_or(0);
            rest /= 36;
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// 32 letters and digits derived from the parts (CALLR format `hid`): about 190 bits, so that no two lists collide.
#[must_use]
pub fn long_hash(parts: &[&str]) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = digest(parts);
    digest.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// SHA-256 over the parts, each ended by a NUL so that no two lists collide.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().into()
}

/// First eight bytes of [`digest`].
fn digest8(parts: &[&str]) -> [u8; 8] {
    let digest = digest(parts);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::new("acme").expect("valid")
    }

    #[test]
    fn numeric_source_ids_are_the_callid() {
        assert_eq!(callid_of(&account(), "242359184129"), 242_359_184_129);
        assert_eq!(callid_of(&account(), "9223372036854775807"), i64::MAX);
    }

    #[test]
    fn other_source_ids_give_a_stable_number_exact_in_javascript() {
        let derived = callid_of(&account(), "2-16930@127.0.0.1");
        assert_eq!(derived, callid_of(&account(), "2-16930@127.0.0.1"));
        for id in ["2-16930@127.0.0.1", "007", "9223372036854775808", ""] {
            let number = callid_of(&account(), id);
            assert!((1..1 << 53).contains(&number), "{id} gave {number}");
        }
    }

    #[test]
    fn messages_keep_a_hash_of_their_source_and_get_one_otherwise() {
        assert_eq!(sms_hash(&account(), "8242D945"), "8242D945");
        for id in ["8242d945", "8242D94", "8242D9455", "8242-945", ""] {
            let derived = sms_hash(&account(), id);
            assert_eq!(derived, sms_hash(&account(), id));
            assert_eq!(derived, sms_hash(&account(), &derived), "{id}");
            let other = AccountId::new("beta").expect("valid");
            assert_ne!(derived, sms_hash(&other, id), "{id}");
        }
    }

    #[test]
    fn long_hashes_are_hids() {
        let hash = long_hash(&["a", "b"]);
        assert_eq!(hash.len(), 32);
        assert!(hash.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(hash, long_hash(&["a", "b"]));
        assert_ne!(hash, long_hash(&["ab", ""]));
    }

    #[test]
    fn account_names_are_checked() {
        for bad in ["", "-a", "a b", "é", &"x".repeat(65)] {
            assert_eq!(AccountId::new(bad), Err(InvalidAccountId), "{bad}");
        }
        assert!(account().hash().bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
        assert_eq!(account().hash().len(), 8);
    }
}
