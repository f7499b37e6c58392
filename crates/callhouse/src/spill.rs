//! Folders for what does not fit into memory: one for each process that asks for it, removed when that ends.
//!
//! They lie in `spill/` of the data folder; a session on a data folder that it cannot write to takes the system's
//! temporary folder. A process holds a lock in its folder as long as it lives, so that whoever comes next removes what
//! a kill has left behind, and nothing else. Numbers of processes would not tell: containers that share a data folder
//! number theirs alike.

use std::fs::{self, DirBuilder, DirEntry, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The file in a folder that its process has locked.
const LOCK: &str = "lock";
/// The extension of a folder's name as long as its lock is not there.
const UNLOCKED: &str = "new";
/// How names of folders begin where not everything is ours.
const AMONG_OTHERS: &str = "callhouse-spill-";

/// A folder of this process; removed when dropped.
#[derive(Debug)]
pub(crate) struct SpillFolder {
    path: PathBuf,
    _lock: File,
}

impl SpillFolder {
    /// A folder in a data folder. Those of processes that have ended are removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn of(data: &Path) -> anyhow::Result<Self> {
        let all = data.join("spill");
        fs::create_dir_all(&all)
            .and_then(|()| Self::make(&all, ""))
            .with_context(|| format!("making a folder in {} failed", all.display()))
    }

    /// As [`SpillFolder::of`], or in `temporary` where nothing can be written to the data folder.
    ///
    /// # Errors
    /// When it can be made in neither.
    pub(crate) fn of_session(data: &Path, temporary: &Path) -> anyhow::Result<Self> {
        Self::of(data).or_else(|refused| {
            tracing::debug!("{refused:#}");
            Self::make(temporary, AMONG_OTHERS)
                .with_context(|| format!("making a folder in {} failed", temporary.display()))
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn make(all: &Path, prefix: &str) -> io::Result<Self> {
        for number in 0_u32.. {
            let path = all.join(format!("{prefix}{}-{number}", std::process::id()));
            let unlocked = path.with_extension(UNLOCKED);
            match DirBuilder::new().mode(0o700).create(&unlocked) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let lock = File::create_new(unlocked.join(LOCK))?;
            lock.try_lock()?;
            // It gets its name when nobody can take it for one left behind any more.
            match fs::rename(&unlocked, &path) {
                Ok(()) => {
                    let own = Self { path, _lock: lock };
                    own.remove_those_left_behind(all, prefix)?;
                    return Ok(own);
                }
                Err(error) if is_taken(&error) => fs::remove_dir_all(&unlocked)?,
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn remove_those_left_behind(&self, all: &Path, prefix: &str) -> io::Result<()> {
        let user = fs::metadata(&self.path)?.uid();
        for entry in fs::read_dir(all)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_unlocked = Path::new(&name).extension().is_some_and(|extension| extension == UNLOCKED);
            let named = name.to_string_lossy().starts_with(prefix) && !is_unlocked;
            if named && is_left_behind(&entry, user) {
                // Two processes may begin at once; the other one has removed it then.
                drop(fs::remove_dir_all(entry.path()));
            }
        }
        Ok(())
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!("{} was not removed: {error}", self.path.display());
        }
    }
}

/// A process of the same number has it, as there may be in another container.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists)
}

/// Whether it is a folder of this user that nobody holds. What cannot be looked at stays.
fn is_left_behind(entry: &DirEntry, user: u32) -> bool {
    let of_user = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
    of_user
        && match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn each_has_its_own_and_leaves_those_of_others_alone() {
        let data = tempfile::tempdir().unwrap();
        let one = SpillFolder::of(data.path()).unwrap();
        fs::write(one.path().join("rows"), "x").unwrap();
        let other = SpillFolder::of_session(data.path(), Path::new("/nowhere")).unwrap();
        assert_ne!(one.path(), other.path());
        assert!(one.path().join("rows").try_exists().unwrap(), "it was taken for one left behind");
        drop(one);
        assert_eq!(names(&data.path().join("spill")).len(), 1);
        drop(other);
        assert_eq!(names(&data.path().join("spill")), Vec::<String>::new());
    }

    #[test]
    fn what_a_kill_left_behind_is_removed() {
        let data = tempfile::tempdir().unwrap();
        let spill = data.path().join("spill");
        // One as it was made with a lock, one without.
        for name in ["4711-0", "4712"] {
            fs::create_dir_all(spill.join(name).join("datafusion-x")).unwrap();
        }
        fs::write(spill.join("4711-0").join(LOCK), "").unwrap();
        let own = SpillFolder::of(data.path()).unwrap();
        assert_eq!(names(&spill), [own.path().file_name().unwrap().to_str().unwrap()]);
    }

    #[test]
    fn a_session_goes_elsewhere_where_it_cannot_write() {
        let (data, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(data.path().join("spill"), "in the way").unwrap();
        let (abandoned, foreign) = ("callhouse-spill-4711-0", "of-another-program");
        for name in [abandoned, foreign] {
            fs::create_dir(temporary.path().join(name)).unwrap();
        }
        assert!(SpillFolder::of(data.path()).is_err());
        let own = SpillFolder::of_session(data.path(), temporary.path()).unwrap();
        assert!(own.path().starts_with(temporary.path()));
        assert!(!temporary.path().join(abandoned).try_exists().unwrap());
        drop(own);
        assert_eq!(names(temporary.path()), [foreign]);
    }
}
