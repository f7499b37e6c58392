//! Where things lie in a data folder.

use std::path::{Path, PathBuf};

use crate::table::Table;

/// A data folder: `catalog.db` (DuckLake catalog and our own tables), `log.db` (embedded log), `lake/` (Parquet),
/// `exports/` (files that jobs made).
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
}

/// The one DuckLake schema; its folder lies below `lake/` and holds one folder per table.
pub(crate) const LAKE_SCHEMA: &str = "main";

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

    /// Where the files of exports lie, until they expire.
    #[must_use]
    pub fn exports_path(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// The folder of a table's files.
    #[must_use]
    pub fn table_path(&self, table: Table) -> PathBuf {
        self.lake_path().join(LAKE_SCHEMA).join(table.name())
    }

    /// Where a data file lies, from its catalog path (`DataFile::path`, `NewFile::path`).
    #[must_use]
    pub fn file_path(&self, table: Table, path: &str) -> PathBuf {
        self.lake_path().join(Self::path_in_lake(table, path))
    }

    /// The same below [`DataFolder::lake_path`], parts separated by `/`.
    #[must_use]
    pub fn path_in_lake(table: Table, path: &str) -> String {
        format!("{LAKE_SCHEMA}/{}/{path}", table.name())
    }
}
