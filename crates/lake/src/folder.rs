//! Where things lie in a data folder.

use std::path::{Path, PathBuf};

/// A data folder: `catalog.db` (DuckLake catalog and our own tables), `log.db` (embedded log), `lake/` (Parquet).
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn catalog_path(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.root.join("log.db")
    }

    /// The DuckLake `data_path`; a file's catalog path is relative to its table's folder below it.
    #[must_use]
    pub fn lake_path(&self) -> PathBuf {
        self.root.join("lake")
    }
}
