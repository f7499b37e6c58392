//! The catalog's text statistics as Arrow columns, parsed once per snapshot and column.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, UInt64Array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef};
use callhouse_lake::{DataFile, Snapshot, Table};
use parking_lot::Mutex;

/// Least and greatest value and count of nulls of one column, one element per file. Unknown is null.
#[derive(Debug, Clone)]
pub(crate) struct ColumnBounds {
    pub(crate) least: ArrayRef,
    pub(crate) greatest: ArrayRef,
    pub(crate) null_counts: ArrayRef,
}

/// The statistics of the live files of one table, in the order the snapshot has them.
#[derive(Debug)]
pub(crate) struct FileStatistics {
    files: Vec<Arc<DataFile>>,
    schema: SchemaRef,
    columns: Mutex<HashMap<String, ColumnBounds>>,
}

impl FileStatistics {
    fn new(table: Table, files: &[Arc<DataFile>]) -> Self {
        Self { files: files.to_vec(), schema: table.schema(), columns: Mutex::default() }
    }

    fn are_of(&self, files: &[Arc<DataFile>]) -> bool {
        let ids = |files: &[Arc<DataFile>]| files.iter().map(|file| file.data_file_id).collect::<Vec<_>>();
        self.files.len() == files.len() && ids(&self.files) == ids(files)
    }

    pub(crate) fn files(&self) -> &[Arc<DataFile>] {
        &self.files
    }

    /// The bounds of a column; `None` when the table has no such column.
    pub(crate) fn bounds(&self, column: &str) -> Option<ColumnBounds> {
        if let Some(known) = self.columns.lock().get(column) {
            return Some(known.clone());
        }
        let data_type = self.schema.field_with_name(column).ok()?.data_type().clone();
        let bounds = self.parse(column, &data_type)?;
        self.columns.lock().insert(column.to_owned(), bounds.clone());
        Some(bounds)
    }

    pub(crate) fn row_counts(&self) -> ArrayRef {
        let counts = self.files.iter().map(|file| u64::try_from(file.record_count).ok());
        Arc::new(UInt64Array::from_iter(counts))
    }

    fn parse(&self, column: &str, data_type: &DataType) -> Option<ColumnBounds> {
        let stated: Vec<_> = self.files.iter().map(|file| file.columns.get(column)).collect();
        let least = stated.iter().map(|bounds| bounds.and_then(|bounds| bounds.min_value.as_deref()));
        let greatest = stated.iter().map(|bounds| bounds.and_then(|bounds| bounds.max_value.as_deref()));
        let null_counts =
            stated.iter().map(|bounds| bounds.and_then(|bounds| u64::try_from(bounds.null_count).ok()));
        Some(ColumnBounds {
            least: typed(&StringArray::from_iter(least), data_type)?,
            greatest: typed(&StringArray::from_iter(greatest), data_type)?,
            null_counts: Arc::new(UInt64Array::from_iter(null_counts)),
        })
    }
}

/// Texts as values of a type. A text that is no such value is unknown, so that it prunes nothing.
fn typed(texts: &StringArray, data_type: &DataType) -> Option<ArrayRef> {
    let lenient = CastOptions { safe: true, ..CastOptions::default() };
    cast_with_options(texts, data_type, &lenient).ok()
}

/// The statistics of all tables of one snapshot, filled as questions need them.
#[derive(Debug)]
pub(crate) struct SnapshotStatistics {
    snapshot_id: i64,
    tables: HashMap<Table, Arc<FileStatistics>>,
}

impl SnapshotStatistics {
    /// The statistics of a snapshot. Tables whose files are those of `earlier` keep what was parsed for it: most
    /// commits add to other tables than the large one.
    pub(crate) fn new(snapshot: &Snapshot, earlier: Option<&Self>) -> Self {
        let of = |table| {
            let files = snapshot.files.get(&table).map_or(&[][..], |files| files.as_slice());
            let known = earlier.map(|earlier| earlier.of(table)).filter(|known| known.are_of(files));
            (table, known.unwrap_or_else(|| Arc::new(FileStatistics::new(table, files))))
        };
        Self { snapshot_id: snapshot.id, tables: Table::ALL.into_iter().map(of).collect() }
    }

    pub(crate) fn snapshot_id(&self) -> i64 {
        self.snapshot_id
    }

    pub(crate) fn of(&self, table: Table) -> Arc<FileStatistics> {
        Arc::clone(self.tables.get(&table).expect("every table was put in"))
    }
}
