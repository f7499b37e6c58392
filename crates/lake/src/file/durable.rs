//! Folders and renames that survive a power cut: whatever a folder gains is fsynced in that folder (LAK-1).

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Error;

/// Folders this process has created, or found, and made durable. Clones share the knowledge.
#[derive(Debug, Clone, Default)]
pub(crate) struct DurableFolders {
    known: Arc<Mutex<HashSet<PathBuf>>>,
}

impl DurableFolders {
    /// Creates `folder` and what is missing above it up to `root`, which must exist, and fsyncs each parent.
    /// A folder that another process has just created is fsynced too: it may not have come to that yet.
    pub(crate) fn ensure(&self, root: &Path, folder: &Path) -> Result<(), Error> {
        if self.known.lock().contains(folder) {
            return Ok(());
        }
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|ancestor| *ancestor != root).collect();
        missing.reverse();
        for path in missing {
            create_if_missing(path).map_err(|source| file_error("create folder", path, source))?;
            if let Some(parent) = path.parent() {
                sync_folder(parent)?;
            }
        }
        self.known.lock().insert(folder.to_owned());
        Ok(())
    }
}

fn create_if_missing(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Makes what a folder lists durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| file_error("fsync folder", path, source))
}

pub(crate) fn file_error(operation: &'static str, path: &Path, source: io::Error) -> Error {
    Error::File { operation, path: path.to_owned(), source }
}
