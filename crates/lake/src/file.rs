//! Writing data files: complete and fsynced, file and folder, before anything names them (LAK-1).

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::error::Error;
use crate::folder::DataFolder;
use crate::table::Table;

/// A finished file that no snapshot names yet.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub table: Table,
    /// Relative to the table's folder.
    pub path: String,
    pub record_count: i64,
    pub file_size_bytes: i64,
    pub footer_size: i64,
    /// UTC day of the partition, days since 1970-01-01.
    pub day: Option<i32>,
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
    /// DuckLake text form.
    pub min_value: Option<String>,
    pub max_value: Option<String>,
}

/// Writes Parquet files below a data folder's lake.
#[derive(Debug, Clone)]
pub struct FileWriter {
    folder: DataFolder,
}

impl FileWriter {
    #[must_use]
    pub fn new(folder: DataFolder) -> Self {
        Self { folder }
    }

    /// Writes batches, already sorted by the table's sort columns and of one partition, as one file with a name
    /// never used before. Returns only when file and folders are durable. Blocking: call it from a blocking task.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Parquet`]; no file that a snapshot could name is left behind.
    pub fn write(&self, table: Table, day: Option<i32>, batches: &[RecordBatch]) -> Result<NewFile, Error> {
        let _ = (&self.folder, table, day, batches);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }
}
