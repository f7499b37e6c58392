//! Writing data files: complete and fsynced, file and folder, before anything names them (LAK-1).
//!
//! A file gets its name, never used before, only when it is whole: it is written under a temporary name beside
//! its place, fsynced, renamed, and the folder fsynced. What a crash leaves behind is either a `.tmp` file or a
//! whole file that no snapshot names; `gc` takes both away. How the Parquet inside is laid out is
//! `file/properties.rs`; what the catalog learns of it is `file/statistics.rs`, what the file carries beside its rows
//! `file/attachment.rs`; how it is read without waiting, `file/near.rs`.

pub(crate) mod attachment;
mod durable;
pub mod near;
mod open;
mod properties;
pub mod statistics;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::error::Error;
use crate::folder::DataFolder;
use crate::table::Table;
use properties::Stay;

pub(crate) use durable::sync_folder;
pub use open::OpenFile;

/// Ending of files that are not finished.
pub(crate) const TEMPORARY_ENDING: &str = "tmp";

/// A finished file that no snapshot names yet.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub table: Table,
    /// Relative to the table's folder.
    pub path: String,
    pub record_count: i64,
    pub file_size_bytes: i64,
    /// Length of the Parquet footer without its eight trailing bytes (DuckLake 1.0, data_file).
    pub footer_size: i64,
    /// UTC month of the partition, months since January 1970; `None` also for rows whose instant is not known.
    pub month: Option<i32>,
    /// DuckLake text statistics by column name.
    pub columns: BTreeMap<String, ColumnStatistics>,
}

/// What DuckLake keeps per file and column (`ducklake_file_column_stats`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnStatistics {
    pub column_size_bytes: i64,
    /// Rows that are not null.
    pub value_count: i64,
    pub null_count: i64,
    /// DuckLake text form, exact; `None` when there is no value or the extreme is not known.
    pub min_value: Option<String>,
    pub max_value: Option<String>,
}

/// Writes Parquet files below a data folder's lake. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FileWriter {
    folder: DataFolder,
    folders: durable::DurableFolders,
}

impl FileWriter {
    #[must_use]
    pub fn new(folder: DataFolder) -> Self {
        Self { folder, folders: durable::DurableFolders::default() }
    }

    /// Writes batches, already sorted by the table's sort columns and of one partition, as one file with a name
    /// never used before. Returns only when file and folders are durable. Blocking: call it from a blocking task.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Parquet`]; no file that a snapshot could name is left behind.
    pub fn write(&self, table: Table, month: Option<i32>, batches: &[RecordBatch]) -> Result<NewFile, Error> {
        let mut file = self.begin(table, month)?;
        for batch in batches {
            file.push(batch)?;
        }
        file.finish()
    }

    /// Starts a file that is filled batch by batch, in the order of the table's sort columns, holding one row
    /// group in memory at a time. Dropped unfinished, it leaves nothing. Blocking, like everything of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `month` is given for a table without a month column; [`Error::File`], [`Error::Parquet`].
    pub fn begin(&self, table: Table, month: Option<i32>) -> Result<OpenFile, Error> {
        OpenFile::create(&self.folder, &self.folders, table, month, Stay::Kept)
    }

    /// As [`FileWriter::begin`], for rows straight from ingest, which compaction will write again: less is spent on
    /// making the file small.
    ///
    /// # Errors
    /// Those of [`FileWriter::begin`].
    pub fn begin_fresh(&self, table: Table) -> Result<OpenFile, Error> {
        OpenFile::create(&self.folder, &self.folders, table, None, Stay::Fresh)
    }
}
