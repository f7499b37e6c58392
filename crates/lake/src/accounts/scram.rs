//! API keys as SCRAM-SHA-256 passwords (RFC 5802, RFC 7677): what is stored proves a key and is none (SEC-1).
//!
//! A client names its account, not its key, before it proves that it has one. So all keys of an account share the
//! salt, which comes from the account's name: keys have 400 random bits, so that no table of them can be made anyway.

use callhouse_core::AccountId;
use sha2::{Digest, Sha256};

use super::{AccessScope, Accounts, Principal, Secret};
use crate::error::Error;

/// Rounds of PBKDF2; the least that clients take (RFC 7677 §4).
pub const SCRAM_ITERATIONS: u32 = 4_096;
const SALT_BYTES: usize = 16;
const BLOCK_BYTES: usize = 64;

type Key = [u8; 32];

/// How a proof went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScramOutcome {
    /// The client has a key, and `server_signature` proves to it that we know of it.
    Proven {
        principal: Principal,
        server_signature: [u8; 32],
    },
    Wrong,
    /// As `Wrong`, and the account has keys that were made before verifiers were kept.
    WrongAndOldKeys,
}

/// What is stored of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verifier {
    stored_key: Key,
    server_key: Key,
}

impl Verifier {
    pub(super) fn of(account: &AccountId, token: &Secret) -> Self {
        let salted = salted_password(token.expose().as_bytes(), &scram_salt(account.as_str()));
        let client_key = hmac(&salted, &[b"Client Key"]);
        Self { stored_key: Sha256::digest(client_key).into(), server_key: hmac(&salted, &[b"Server Key"]) }
    }

    pub(super) fn stored(&self) -> (String, String) {
        (hex::encode(self.stored_key), hex::encode(self.server_key))
    }

    fn read(stored_key: &str, server_key: &str) -> Option<Self> {
        let key = |text: &str| hex::decode(text).ok()?.try_into().ok();
        Some(Self { stored_key: key(stored_key)?, server_key: key(server_key)? })
    }

    /// Whether a proof over a message is of this key. Each proof is over a new nonce, and what is compared is a hash,
    /// so that the time it takes tells nothing of use.
    fn proves(&self, message: &[u8], proof: &Key) -> bool {
        let signature = hmac(&self.stored_key, &[message]);
        let mut client_key = *proof;
        for (byte, mask) in client_key.iter_mut().zip(signature) {
            *byte ^= mask;
        }
        Key::from(Sha256::digest(client_key)) == self.stored_key
    }
}

/// The salt of an account's keys; also of accounts there are none of, so that nobody can tell.
#[must_use]
pub fn scram_salt(account: &str) -> [u8; SALT_BYTES] {
    let digest =
        Key::from(Sha256::new().chain_update(b"callhouse scram salt\0").chain_update(account).finalize());
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(digest.first_chunk::<SALT_BYTES>().expect("a digest is longer"));
    salt
}

/// `Hi` of RFC 5802: PBKDF2 with one block.
fn salted_password(password: &[u8], salt: &[u8]) -> Key {
    let mut step = hmac(password, &[salt, &1_u32.to_be_bytes()]);
    let mut salted = step;
    for _ in 1..SCRAM_ITERATIONS {
        step = hmac(password, &[&step]);
        for (byte, other) in salted.iter_mut().zip(step) {
            *byte ^= other;
        }
    }
    salted
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[&[u8]]) -> Key {
    let mut block = [0; BLOCK_BYTES];
    let digest;
    let key = if key.len() > BLOCK_BYTES {
        digest = Key::from(Sha256::digest(key));
        digest.as_slice()
    } else {
        key
    };
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    let mut inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
    for part in message {
        inner.update(part);
    }
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner.finalize()).finalize().into()
}

impl Accounts {
    /// Who proves to have an API key of an account, over an `AuthMessage` of RFC 5802 §3.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn authenticate_scram(
        &self,
        account: &str,
        message: &[u8],
        proof: &[u8; 32],
    ) -> Result<ScramOutcome, Error> {
        let failed = Error::catalog("check of an API key");
        let keys: Vec<(i64, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT k.id, v.stored_key, v.server_key FROM callhouse_api_keys k
             LEFT JOIN callhouse_scram_verifiers v ON v.api_key_id = k.id WHERE k.account = ?1 ORDER BY k.id",
        )
        .bind(account)
        .fetch_all(self.catalog.pool())
        .await
        .map_err(failed)?;
        let mut old = false;
        for (id, stored_key, server_key) in keys {
            let (Some(stored_key), Some(server_key)) = (stored_key, server_key) else {
                old = true;
                continue;
            };
            let Some(verifier) = Verifier::read(&stored_key, &server_key) else { continue };
            if !verifier.proves(message, proof) {
                continue;
            }
            let Some(key) = self.good_key(id).await? else { return Ok(ScramOutcome::Wrong) };
            let principal = Principal::of_key(&key);
            self.used(id).await?;
            let server_signature = hmac(&verifier.server_key, &[message]);
            return Ok(ScramOutcome::Proven { principal, server_signature });
        }
        Ok(if old { ScramOutcome::WrongAndOldKeys } else { ScramOutcome::Wrong })
    }

    /// Whether an API key that was good still is: neither deleted nor ended, and its account enabled.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn api_key_is_good(&self, id: i64) -> Result<bool, Error> {
        Ok(self.good_key(id).await?.is_some())
    }

    /// Whether an API key that was good still is, and is good for something; for connections that outlive the check
    /// they began with.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn api_key_may(&self, id: i64, scope: AccessScope) -> Result<bool, Error> {
        Ok(self.good_key(id).await?.is_some_and(|key| key.scopes.has(scope)))
    }

    async fn used(&self, id: i64) -> Result<(), Error> {
        sqlx::query("UPDATE callhouse_api_keys SET last_used_at = ?2 WHERE id = ?1")
            .bind(id)
            .bind(self.catalog.clock().now().micros())
            .execute(self.catalog.pool())
            .await
            .map_err(Error::catalog("check of an API key"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn hmac_is_that_of_its_test_vectors() {
        let plain = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex::encode(plain), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex::encode(long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    /// The exchange of RFC 7677 §3.
    #[test]
    fn sec_1_a_proof_is_checked_without_the_password() {
        let salt =
            [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
        let salted = salted_password(b"pencil", &salt);
        let verifier = Verifier {
            stored_key: Sha256::digest(hmac(&salted, &[b"Client Key"])).into(),
            server_key: hmac(&salted, &[b"Server Key"]),
        };
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let message = format!(
            "n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}"
        );
        // dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=
        let proof = hex::decode("747cdb65aa56224e2352137e52d7bdcad6a0f738df30782caa69a2cfb0277554").unwrap();
        let proof: Key = proof.try_into().unwrap();
        assert!(verifier.proves(message.as_bytes(), &proof));
        assert!(!verifier.proves(format!("{message}x").as_bytes(), &proof));
        // 6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=
        let signature = hex::encode(hmac(&verifier.server_key, &[message.as_bytes()]));
        assert_eq!(signature, "eabae24d1062db75a9451ff0b6ea7e98c8546549ff741e672d3251b2397de46e");
    }
}
