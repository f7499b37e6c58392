//! A file being written: temporary until it is whole, then durable under its own name (LAK-1).

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use callhouse_core::crash;
use callhouse_core::time::year_and_month;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use uuid::Uuid;

use super::attachment::{self, AttachmentBuilder};
use super::durable::{DurableFolders, file_error, sync_folder};
use super::properties::{Stay, with_field_ids, writer_properties};
use super::statistics::column_statistics;
use super::{NewFile, TEMPORARY_ENDING};
use crate::error::Error;
use crate::folder::DataFolder;
use crate::table::Table;

/// A data file being filled. [`OpenFile::finish`] makes it a [`NewFile`]; dropped before that, it is removed.
#[derive(Debug)]
pub struct OpenFile {
    table: Table,
    month: Option<i32>,
    /// Relative to the table's folder.
    path: String,
    final_path: PathBuf,
    temporary: TemporaryFile,
    /// A second handle on the file the Parquet writer owns.
    handle: File,
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    row_count: usize,
    attachments: Vec<Box<dyn AttachmentBuilder>>,
}

impl OpenFile {
    pub(super) fn create(
        folder: &DataFolder,
        folders: &DurableFolders,
        table: Table,
        month: Option<i32>,
        stay: Stay,
    ) -> Result<Self, Error> {
        let path = relative_path(table, month)?;
        let final_path = folder.file_path(table, &path);
        if let Some(parent) = final_path.parent() {
            folders.ensure(folder.root(), parent)?;
        }
        let temporary = TemporaryFile::beside(&final_path);
        let file = File::create_new(&temporary.path)
            .map_err(|source| file_error("create", &temporary.path, source))?;
        // The Parquet footer is read back through this handle.
        let handle = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&temporary.path)
            .map_err(|source| file_error("open", &temporary.path, source))?;
        let schema = with_field_ids(&table.schema());
        let writer = writer_properties(table, stay, &schema)
            .and_then(|properties| {
                // The Arrow schema is left out: all our types come back from the Parquet ones, and it is kilobytes.
                let options =
                    ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
                ArrowWriter::try_new_with_options(file, SchemaRef::clone(&schema), options)
            })
            .map_err(|source| parquet_error("begin", &final_path, source))?;
        let attachments = table.attachments();
        Ok(Self {
            table,
            month,
            path,
            final_path,
            temporary,
            handle,
            writer,
            schema,
            row_count: 0,
            attachments,
        })
    }

    /// Appends rows, which must not sort before those already there.
    ///
    /// # Errors
    /// [`Error::Arrow`] when the batch is not of the table's schema, [`Error::Parquet`] when writing fails.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let batch = RecordBatch::try_new(SchemaRef::clone(&self.schema), batch.columns().to_vec())
            .map_err(|source| Error::Arrow { operation: "check of a batch to write", source })?;
        self.row_count += batch.num_rows();
        for attachment in &mut self.attachments {
            attachment.push(&batch)?;
        }
        self.writer.write(&batch).map_err(|source| parquet_error("write", &self.final_path, source))
    }

    /// Rows pushed so far.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// Encoded bytes so far, those of the row group in memory estimated.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// Bytes of memory the unfinished row group takes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.writer.memory_size()
    }

    /// Writes the attachments behind the last row group and names them in the footer.
    fn attach(&mut self) -> Result<(), Error> {
        for builder in std::mem::take(&mut self.attachments) {
            let Some((name, bytes)) = builder.finish()? else { continue };
            let written = self.writer.flush().and_then(|()| {
                let offset = self.writer.bytes_written();
                self.writer.write_all(&bytes)?;
                self.writer.append_key_value_metadata(attachment::entry(name, offset, bytes.len()));
                Ok(())
            });
            written.map_err(|source| parquet_error("attach to", &self.final_path, source))?;
        }
        Ok(())
    }

    /// Completes the file and makes it durable under its name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has no row; [`Error::Parquet`], [`Error::File`]; then nothing is left behind
    /// that a snapshot could name.
    pub fn finish(mut self) -> Result<NewFile, Error> {
        if self.row_count == 0 {
            return Err(Error::Invalid {
                what: format!("a data file of {} without rows", self.table.name()),
            });
        }
        self.attach()?;
        let metadata =
            self.writer.finish().map_err(|source| parquet_error("finish", &self.final_path, source))?;
        let (file_size_bytes, footer_size) =
            sizes(&mut self.handle).map_err(|source| file_error("read back", &self.final_path, source))?;
        crash::point("file.write.before_sync");
        self.handle.sync_all().map_err(|source| file_error("fsync", &self.final_path, source))?;
        crash::point("file.write.after_sync");
        self.temporary.rename_to(&self.final_path)?;
        crash::point("file.write.after_rename");
        if let Some(parent) = self.final_path.parent() {
            sync_folder(parent)?;
        }
        crash::point("file.write.after_folder_sync");
        Ok(NewFile {
            table: self.table,
            path: self.path,
            record_count: metadata.file_metadata().num_rows(),
            file_size_bytes,
            footer_size,
            month: self.month,
            columns: column_statistics(&self.schema, &metadata),
        })
    }
}

/// `[year=…/month=…/]<uuid v7>.parquet`, as DuckLake lays partitions out.
fn relative_path(table: Table, month: Option<i32>) -> Result<String, Error> {
    let name = Uuid::now_v7();
    let Some(month) = month else { return Ok(format!("{name}.parquet")) };
    if table.month_column().is_none() {
        return Err(Error::Invalid { what: format!("{} is not partitioned by month", table.name()) });
    }
    let (year, month) = year_and_month(month);
    Ok(format!("year={year}/month={month}/{name}.parquet"))
}

/// Size of the file and length of its footer, which the four bytes before the closing magic tell.
fn sizes(file: &mut File) -> std::io::Result<(i64, i64)> {
    const FOOTER_TAIL: i64 = 8;
    let mut length = [0; 4];
    let tail_at = file.seek(SeekFrom::End(-FOOTER_TAIL))?;
    file.read_exact(&mut length)?;
    let size = i64::try_from(tail_at).map_err(std::io::Error::other)? + FOOTER_TAIL;
    Ok((size, i64::from(u32::from_le_bytes(length))))
}

fn parquet_error(operation: &'static str, path: &Path, source: ParquetError) -> Error {
    Error::Parquet { operation, path: path.to_owned(), source }
}

/// Removes itself unless renamed.
#[derive(Debug)]
struct TemporaryFile {
    path: PathBuf,
    kept: bool,
}

impl TemporaryFile {
    fn beside(path: &Path) -> Self {
        Self { path: path.with_extension(TEMPORARY_ENDING), kept: false }
    }

    fn rename_to(&mut self, path: &Path) -> Result<(), Error> {
        fs::rename(&self.path, path).map_err(|source| file_error("rename", path, source))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "an unfinished data file could not be removed");
        }
    }
}
