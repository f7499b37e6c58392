//! Sealing of secrets that must be had back: ChaCha20-Poly1305 with a key in the file `secrets.key` of the data folder.
//!
//! Whoever has a copy of the catalog alone has no secret (SEC-1). A backup that is to sign webhooks again needs both.
//! What is sealed is bound to a context, so that a sealed secret moved to another row opens nowhere.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rand::random;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;

use crate::accounts::Secret;
use crate::error::Error;
use crate::file::sync_folder;

const KEY_FILE: &str = "secrets.key";
const KEY_BYTES: usize = 32;

/// Seals and opens. The key is read, or made, when it is first needed.
pub(super) struct Sealer {
    path: PathBuf,
    key: Mutex<Option<LessSafeKey>>,
}

impl Sealer {
    pub(super) fn new(data_folder: &Path) -> Self {
        Self { path: data_folder.join(KEY_FILE), key: Mutex::default() }
    }

    /// The sealed form of a secret, hexadecimal. Reads a small file the first time.
    pub(super) fn seal(&self, context: &str, secret: &Secret) -> Result<String, Error> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = secret.expose().as_bytes().to_vec();
        self.with_key(true, |key| {
            let aad = Aad::from(context.as_bytes());
            let done = key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed);
            done.map_err(|_| Error::Invalid { what: "a secret could not be sealed".to_owned() })
        })?;
        Ok(hex::encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The secret again.
    ///
    /// # Errors
    /// [`Error::File`] when there is no key, [`Error::Invalid`] when it is another one than that it was sealed with.
    pub(super) fn open(&self, context: &str, sealed: &str) -> Result<Secret, Error> {
        let broken = || Error::Invalid {
            what: format!(
                "a sealed secret does not open with {}: it was sealed with another key",
                self.path.display()
            ),
        };
        let bytes = hex::decode(sealed).map_err(|_| broken())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut sealed = sealed.to_vec();
        self.with_key(false, |key| {
            let opened = key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut sealed);
            let text = opened.ok().and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.map(Secret::new).ok_or_else(broken)
        })
    }

    fn with_key<T>(
        &self,
        may_make: bool,
        work: impl FnOnce(&LessSafeKey) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut key = self.key.lock();
        if let Some(key) = key.as_ref() {
            return work(key);
        }
        let bytes = self.read_or_make(may_make).map_err(|source| Error::File {
            operation: "read of the key",
            path: self.path.clone(),
            source,
        })?;
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, &bytes)
            .map_err(|_| Error::Invalid { what: format!("{} holds no key", self.path.display()) })?;
        work(key.insert(LessSafeKey::new(unbound)))
    }

    fn read_or_make(&self, may_make: bool) -> std::io::Result<Vec<u8>> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound && may_make => {}
            read => {
                let text = read?;
                return hex::decode(text.trim())
                    .map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error));
            }
        }
        // Whole under a name of its own, then linked: of processes that do so at once one wins, and all read its key.
        let own = self.path.with_extension(Uuid::new_v4().simple().to_string());
        write_private(&own, &hex::encode(random::<[u8; KEY_BYTES]>()))?;
        let linked = fs::hard_link(&own, &self.path);
        fs::remove_file(&own)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if let Some(folder) = self.path.parent() {
            sync_folder(folder).map_err(std::io::Error::other)?;
        }
        self.read_or_make(false)
    }
}

/// A new file only its owner may read, fsynced.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_1_a_sealed_secret_opens_only_with_its_key_and_in_its_context() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = Secret::new("hunter2-hunter2");
        let sealed = Sealer::new(folder.path()).seal("hook", &secret).unwrap();
        assert!(!sealed.contains(&hex::encode("hunter2")));
        let again = Sealer::new(folder.path());
        assert_eq!(again.open("hook", &sealed).unwrap(), secret);
        assert!(again.open("another", &sealed).is_err());
        assert!(Sealer::new(other.path()).open("hook", &sealed).is_err(), "there is no key");
        Sealer::new(other.path()).seal("hook", &secret).unwrap();
        assert!(Sealer::new(other.path()).open("hook", &sealed).is_err(), "there is another key");
        assert!(again.open("hook", "00").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn sec_1_the_key_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Sealer::new(folder.path()).seal("hook", &Secret::new("hunter2-hunter2")).unwrap();
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn makers_of_the_key_at_the_same_time_agree() {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret::new("hunter2-hunter2");
        let sealed: Vec<String> = std::thread::scope(|scope| {
            let seal = || Sealer::new(folder.path()).seal("hook", &secret).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(seal)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let sealer = Sealer::new(folder.path());
        assert!(sealed.iter().all(|sealed| sealer.open("hook", sealed).unwrap() == secret));
    }
}
