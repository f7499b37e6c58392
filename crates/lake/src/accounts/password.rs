//! Password hashes: argon2id with a salt each, stored with their parameters so that these can be raised later.

use argon2::{Algorithm, Argon2, Params, Version};

use super::Secret;
use crate::error::Error;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// 19 MiB, two passes, one lane (OWASP password storage, argon2id): some 20 ms.
const COST: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Hashes a password for storage: `argon2id$KIB$PASSES$LANES$SALT$HASH`, the last two in hex.
pub(super) async fn hash(password: Secret) -> Result<String, Error> {
    let salt = rand::random::<[u8; SALT_BYTES]>();
    let hash = in_background(password, COST, salt.to_vec()).await?;
    let Cost { memory_kib, passes, lanes } = COST;
    Ok(format!("argon2id${memory_kib}${passes}${lanes}${}${}", hex::encode(salt), hex::encode(hash)))
}

/// Whether a password is the one that was hashed.
pub(super) async fn verify(password: Secret, stored: &str) -> Result<bool, Error> {
    let Some((cost, salt, expected)) = parse(stored) else {
        return Err(Error::Invalid { what: "a stored password hash is of unknown form".to_owned() });
    };
    Ok(in_background(password, cost, salt).await?.as_slice() == expected)
}

fn parse(stored: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let parts: Vec<&str> = stored.split('$').collect();
    let ["argon2id", memory_kib, passes, lanes, salt, hash] = parts.as_slice() else { return None };
    let cost = Cost {
        memory_kib: memory_kib.parse().ok()?,
        passes: passes.parse().ok()?,
        lanes: lanes.parse().ok()?,
    };
    Some((cost, hex::decode(salt).ok()?, hex::decode(hash).ok()?))
}

async fn in_background(password: Secret, cost: Cost, salt: Vec<u8>) -> Result<[u8; HASH_BYTES], Error> {
    let failed = |what: &dyn std::fmt::Display| Error::Invalid { what: format!("password hashing: {what}") };
    tokio::task::spawn_blocking(move || derive(&password, cost, &salt))
        .await
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))
}

fn derive(password: &Secret, cost: Cost, salt: &[u8]) -> Result<[u8; HASH_BYTES], argon2::Error> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(HASH_BYTES))?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        password.expose().as_bytes(),
        salt,
        &mut hash,
    )?;
    Ok(hash)
}
