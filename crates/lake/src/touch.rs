//! Which rows of settled files are of the same records as some rows that are not settled.
//!
//! A file is looked at only if the catalog's statistics let it hold one of the keys; then its key index names
//! candidates, and just these rows are read and their keys compared.

use std::collections::HashSet;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};

use crate::catalog::DataFile;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::key_index::{KeyIndexCache, fingerprints};
use crate::read::{FileReader, Wanted};

/// The rows of one settled file that are of given records.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    /// Row numbers in the file, ascending.
    pub(crate) rows: Vec<u32>,
    pub(crate) batch: RecordBatch,
}

/// Rows that are not settled, with the hashes of their keys.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    pub(crate) records: RecordBatch,
    fingerprints: Vec<u32>,
}

impl Keyed {
    pub(crate) fn new(records: RecordBatch) -> Self {
        let fingerprints = fingerprints(&records).collect();
        Self { records, fingerprints }
    }

    pub(crate) fn key(&self, row: usize) -> (&str, &str) {
        key(&self.records, row)
    }

    pub(crate) fn fingerprint(&self, row: usize) -> u32 {
        self.fingerprints[row]
    }
}

/// Account and id of a row of records.
pub(crate) fn key(records: &RecordBatch, row: usize) -> (&str, &str) {
    (records.column(0).as_string::<i32>().value(row), records.column(1).as_string::<i32>().value(row))
}

/// Finds and reads touched rows. Blocking.
#[derive(Debug)]
pub(crate) struct Toucher {
    folder: DataFolder,
    indexes: KeyIndexCache,
}

impl Toucher {
    pub(crate) fn new(folder: DataFolder, key_index_bytes: usize) -> Self {
        Self { indexes: KeyIndexCache::new(folder.clone(), key_index_bytes), folder }
    }

    /// The rows of `file` that are of records in `keyed`; `None` when there are none.
    pub(crate) fn touch(&self, keyed: &Keyed, file: &DataFile) -> Result<Option<Touch>, Error> {
        let bounds = Bounds::of(file);
        let possible: Vec<usize> =
            (0..keyed.records.num_rows()).filter(|row| bounds.may_hold(keyed.key(*row))).collect();
        if possible.is_empty() {
            return Ok(None);
        }
        let index = self.indexes.get(file)?;
        let mut candidates: Vec<u32> = Vec::new();
        let mut keys: HashSet<(&str, &str)> = HashSet::new();
        for row in possible {
            let before = candidates.len();
            candidates.extend(index.rows_matching(keyed.fingerprints[row]));
            if candidates.len() > before {
                keys.insert(keyed.key(row));
            }
        }
        if candidates.is_empty() {
            return Ok(None);
        }
        candidates.sort_unstable();
        candidates.dedup();
        let read = FileReader::open(&self.folder, file)?.rows(Wanted::Only(&candidates))?;
        let batches = read.collect::<Result<Vec<_>, _>>()?;
        let failed = |source| Error::Arrow { operation: "selection of touched rows", source };
        let batch = concat_batches(&file.table.schema(), &batches).map_err(failed)?;
        let touched: Vec<bool> = (0..batch.num_rows()).map(|row| keys.contains(&key(&batch, row))).collect();
        let rows: Vec<u32> =
            candidates.iter().zip(&touched).filter_map(|(row, touched)| touched.then_some(*row)).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let batch = filter_record_batch(&batch, &BooleanArray::from(touched)).map_err(failed)?;
        Ok(Some(Touch { rows, batch }))
    }
}

/// What the catalog's statistics say of the keys of a file. Unknown bounds let everything in.
struct Bounds<'a> {
    accounts: [Option<&'a str>; 2],
    ids: [Option<&'a str>; 2],
}

impl<'a> Bounds<'a> {
    fn of(file: &'a DataFile) -> Self {
        let of_column = |column: &str| {
            let bounds = file.columns.get(column);
            bounds.map_or([None, None], |bounds| [bounds.min_value.as_deref(), bounds.max_value.as_deref()])
        };
        let schema = file.table.schema();
        Self { accounts: of_column(schema.field(0).name()), ids: of_column(schema.field(1).name()) }
    }

    fn may_hold(&self, (account, id): (&str, &str)) -> bool {
        let within = |[least, greatest]: [Option<&str>; 2], value: &str| {
            least.is_none_or(|least| least <= value) && greatest.is_none_or(|greatest| value <= greatest)
        };
        within(self.accounts, account) && within(self.ids, id)
    }
}
