//! Links: addresses under which a file can be fetched without credentials, for a while.
//!
//! A link is signed with a key that lies in a file of the data folder beside the catalog, so a stolen catalog makes none
//! (SEC-1). It says until when it works; whether the file is still there, and its job not canceled, is asked anew.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_lake::jobs::{Job, JobId};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::error::Error;

const KEY_FILE: &str = "exports.key";
const KEY_BYTES: usize = 32;

/// The key that signs links. It cannot be printed (SEC-1).
#[derive(Clone)]
pub struct SigningKey(Arc<[u8]>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// The key of a data folder, made when it has none.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn of(data_folder: &Path) -> Result<Self, Error> {
        let path = data_folder.join(KEY_FILE);
        let key = read_or_make(&path).map_err(|source| Error::file("read", &path, source))?;
        Ok(Self(key.into()))
    }

    fn mac(&self, id: &JobId, expires: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("export\n{id}\n{expires}").as_bytes());
        mac
    }
}

fn read_or_make(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => {
            let key =
                hex::decode(read?.trim()).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            return match key.len() {
                KEY_BYTES => Ok(key),
                _ => Err(io::Error::new(ErrorKind::InvalidData, "it holds no key")),
            };
        }
    }
    // Whole under a name of its own, then linked: of processes that do so at once one wins, and all read its key.
    let own = path.with_extension(Uuid::new_v4().simple().to_string());
    write_private(&own, &hex::encode(rand::random::<[u8; KEY_BYTES]>()))?;
    let linked = fs::hard_link(&own, path);
    fs::remove_file(&own)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => read_or_make(path),
    }
}

/// A new file only its owner may read, fsynced.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes links and checks them.
#[derive(Debug, Clone)]
pub struct Links {
    key: SigningKey,
    /// Scheme, host and port by which clients reach the server, without a slash at the end.
    public_url: String,
    length: Duration,
}

impl Links {
    #[must_use]
    pub fn new(key: SigningKey, public_url: &str, length: Duration) -> Self {
        Self { key, public_url: public_url.trim_end_matches('/').to_owned(), length }
    }

    /// The link to the file of a job that has one, good from `now` for as long as links are, at most as long as the file.
    #[must_use]
    pub fn file(&self, job: &Job, now: Timestamp) -> Option<String> {
        self.signed(job, now, "file")
    }

    /// The link to its manifest.
    #[must_use]
    pub fn manifest(&self, job: &Job, now: Timestamp) -> Option<String> {
        self.signed(job, now, "manifest")
    }

    fn signed(&self, job: &Job, now: Timestamp, what: &str) -> Option<String> {
        let file_expires = job.expires_at.filter(|expires| *expires > now && job.file.is_some())?;
        let link_expires = now.plus_micros(i64::try_from(self.length.as_micros()).unwrap_or(i64::MAX));
        let expires = file_expires.min(link_expires).micros().div_euclid(MICROS_PER_SECOND);
        let signature = hex::encode(self.key.mac(&job.id, expires).finalize().into_bytes());
        let (url, id) = (&self.public_url, &job.id);
        Some(format!("{url}/v1/exports/{id}/{what}?expires={expires}&signature={signature}"))
    }

    /// Whether a signature is good, whatever the time.
    #[must_use]
    pub fn is_signed(&self, id: &JobId, expires: i64, signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        // In constant time.
        self.key.mac(id, expires).verify_slice(&signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_of_the_key_at_the_same_time_agree_and_it_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let make = || SigningKey::of(folder.path()).unwrap().0.to_vec();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]) && keys[0].len() == KEY_BYTES);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn sec_1_a_key_does_not_print_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(format!("{:?}", SigningKey::of(folder.path()).unwrap()), "SigningKey(..)");
        fs::write(folder.path().join(KEY_FILE), "00").unwrap();
        assert!(SigningKey::of(folder.path()).is_err());
    }

    #[test]
    fn a_signature_is_of_one_job_and_one_instant() {
        let folder = tempfile::tempdir().unwrap();
        let links =
            Links::new(SigningKey::of(folder.path()).unwrap(), "http://here/", Duration::from_secs(1));
        let id = JobId::parse(&"a".repeat(32)).unwrap();
        let other = JobId::parse(&"b".repeat(32)).unwrap();
        let signature = hex::encode(links.key.mac(&id, 7).finalize().into_bytes());
        assert!(links.is_signed(&id, 7, &signature));
        for (id, expires, signature) in [
            (&other, 7, signature.as_str()),
            (&id, 8, signature.as_str()),
            (&id, 7, "00"),
            (&id, 7, "x"),
            (&id, 7, ""),
        ] {
            assert!(!links.is_signed(id, expires, signature));
        }
    }
}
