//! What was imported before: per topic the lines last seen and their digest, so that a file is recognised by
//! what it holds and not by its name.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// Number of lines.
    pub lines: i64,
    /// SHA-256 over these lines, each ended by LF, in lower-case hexadecimal.
    pub sha256: String,
}

/// Remembers prefixes by topic. Must survive what the positions survive: an import whose prefix is forgotten
/// while its position is kept stops with an error.
pub trait PriorImports: Send + Sync {
    /// The prefix last remembered for `topic`.
    ///
    /// # Errors
    /// What the storage says.
    fn find(&self, topic: &str) -> io::Result<Option<Prefix>>;

    /// Remembers, durably. Called before the first of these lines is handed to ingest.
    ///
    /// # Errors
    /// What the storage says.
    fn remember(&self, topic: &str, prefix: &Prefix) -> io::Result<()>;
}

/// One small JSON file per topic in a folder of its own.
#[derive(Debug)]
pub struct ImportsFolder(PathBuf);

impl ImportsFolder {
    /// Uses `folder`, creating it when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    fn file_of(&self, topic: &str) -> PathBuf {
        self.0.join(format!("{}.json", topic.replace('/', "_")))
    }
}

impl PriorImports for ImportsFolder {
    fn find(&self, topic: &str) -> io::Result<Option<Prefix>> {
        match std::fs::read(self.file_of(topic)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remember(&self, topic: &str, prefix: &Prefix) -> io::Result<()> {
        let target = self.file_of(topic);
        let incoming = target.with_extension("incoming");
        let mut file = std::fs::File::create(&incoming)?;
        file.write_all(&serde_json::to_vec(prefix)?)?;
        file.sync_all()?;
        std::fs::rename(&incoming, &target)?;
        std::fs::File::open(&self.0)?.sync_all()
    }
}
