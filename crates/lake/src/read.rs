//! Reading data files back into batches. Everything here blocks: call it from a blocking task.

use std::fs::File;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;

use crate::catalog::DataFile;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::rows::check_schema;
use crate::table::Table;

/// Rows of a batch read, unless the caller wants fewer.
pub(crate) const BATCH_ROWS: usize = 8_192;

/// Which rows of a file are wanted. Row numbers are ascending, each at most once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    All,
    Only(&'a [u32]),
    AllBut(&'a [u32]),
}

/// A data file whose footer was read.
#[derive(Debug)]
pub(crate) struct FileReader {
    table: Table,
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl FileReader {
    pub(crate) fn open(folder: &DataFolder, file: &DataFile) -> Result<Self, Error> {
        let path = folder.file_path(file.table, &file.path);
        let handle = open_file(&path)?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&handle, options).map_err(|source| Error::Parquet {
            operation: "read of the footer",
            path: path.clone(),
            source,
        })?;
        Ok(Self { table: file.table, path, metadata })
    }

    pub(crate) fn metadata(&self) -> &ArrowReaderMetadata {
        &self.metadata
    }

    /// Whole rows, in the schema of the table.
    pub(crate) fn rows(&self, wanted: Wanted<'_>) -> Result<Batches, Error> {
        let builder = self.builder(wanted)?;
        self.batches(builder, Some(self.table))
    }

    /// Some columns of all rows, in the order they have in the table.
    pub(crate) fn columns(&self, names: &[&str]) -> Result<Batches, Error> {
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), names.iter().copied());
        let builder = self.builder(Wanted::All)?.with_projection(mask);
        self.batches(builder, None)
    }

    fn builder(&self, wanted: Wanted<'_>) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
        // Every scan has its own handle, because a handle's clones share one position.
        let handle = open_file(&self.path)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(handle, self.metadata.clone())
            .with_batch_size(BATCH_ROWS);
        let total = self.metadata.metadata().file_metadata().num_rows();
        let total = usize::try_from(total).unwrap_or(0);
        Ok(match wanted {
            Wanted::All => builder,
            Wanted::Only(rows) => {
                let ranges = rows.iter().map(|row| index(*row)..index(*row) + 1);
                builder.with_row_selection(RowSelection::from_consecutive_ranges(ranges, total))
            }
            Wanted::AllBut(rows) => builder.with_row_selection(all_but(rows, total)),
        })
    }

    fn batches(
        &self,
        builder: ParquetRecordBatchReaderBuilder<File>,
        table: Option<Table>,
    ) -> Result<Batches, Error> {
        let path = self.path.clone();
        match builder.build() {
            Ok(reader) => Ok(Batches { reader, path, table }),
            Err(source) => Err(Error::Parquet { operation: "begin of a scan", path, source }),
        }
    }
}

fn open_file(path: &PathBuf) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::File { operation: "open", path: path.clone(), source })
}

fn index(row: u32) -> usize {
    usize::try_from(row).expect("row numbers fit the address space")
}

fn all_but(rows: &[u32], total: usize) -> RowSelection {
    let starts = std::iter::once(0).chain(rows.iter().map(|row| index(*row) + 1));
    let ends = rows.iter().map(|row| index(*row)).chain([total]);
    let ranges = starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| start..end);
    RowSelection::from_consecutive_ranges(ranges, total)
}

/// The batches of a scan.
pub(crate) struct Batches {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    /// Set when the batches have all columns of this table.
    table: Option<Table>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.reader.next()?.map_err(|source| Error::Parquet {
            operation: "scan",
            path: self.path.clone(),
            source: ParquetError::External(Box::new(source)),
        });
        let Some(table) = self.table else { return Some(read) };
        Some(read.and_then(|batch| {
            check_schema(&batch, table)?;
            RecordBatch::try_new(table.schema(), batch.columns().to_vec())
                .map_err(|source| Error::Arrow { operation: "check of a batch read", source })
        }))
    }
}
