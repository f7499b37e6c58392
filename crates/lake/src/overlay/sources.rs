//! Rows that are not settled, by where they come from, with what is known of the settled rows they touch.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::compute::concat_batches;
use parking_lot::Mutex;

use crate::catalog::{DataFile, Snapshot};
use crate::error::Error;
use crate::folder::DataFolder;
use crate::hot::HotChunk;
use crate::read::{FileReader, Wanted};
use crate::table::Table;
use crate::touch::{Keyed, Touch, Toucher};

/// One file of `calls_recent` or the calls of one hot chunk.
#[derive(Debug)]
pub(super) struct Source {
    /// `None` for hot rows.
    pub(super) data_file_id: Option<i64>,
    pub(super) keyed: Keyed,
    /// By settled file; files looked at in vain are remembered too.
    touches: Mutex<HashMap<i64, Option<Arc<Touch>>>>,
}

impl Source {
    fn new(data_file_id: Option<i64>, calls: arrow::array::RecordBatch) -> Self {
        Self { data_file_id, keyed: Keyed::new(calls), touches: Mutex::default() }
    }

    /// The settled rows of the source's calls, looked for only in files that are new to it.
    pub(super) fn touches(&self, toucher: &Toucher, settled: &[Arc<DataFile>]) -> Result<Touches, Error> {
        let mut known = self.touches.lock();
        let live: HashSet<i64> = settled.iter().map(|file| file.data_file_id).collect();
        known.retain(|id, _| live.contains(id));
        let mut found = Vec::new();
        for file in settled {
            let touch = match known.get(&file.data_file_id) {
                Some(touch) => touch.clone(),
                None => {
                    let touch = toucher.touch(&self.keyed, file)?.map(Arc::new);
                    known.insert(file.data_file_id, touch.clone());
                    touch
                }
            };
            found.extend(touch.map(|touch| (file.data_file_id, touch)));
        }
        Ok(found)
    }
}

/// Touched rows by settled file.
pub(super) type Touches = Vec<(i64, Arc<Touch>)>;

/// The sources in use.
#[derive(Debug, Default)]
pub(super) struct Sources {
    recent: BTreeMap<i64, Arc<Source>>,
    hot: Vec<(Arc<HotChunk>, Arc<Source>)>,
}

impl Sources {
    /// Forgets what neither the snapshot nor the hot chunks have any more.
    pub(super) fn retain(&mut self, snapshot: &Snapshot, hot: &[Arc<HotChunk>]) {
        let live: HashSet<i64> =
            live_files(snapshot, Table::CallsRecent).iter().map(|file| file.data_file_id).collect();
        self.recent.retain(|id, _| live.contains(id));
        self.hot.retain(|(known, _)| hot.iter().any(|chunk| Arc::ptr_eq(chunk, known)));
    }

    /// The sources of the snapshot's files of `calls_recent`, read where they are new.
    pub(super) fn recent(
        &mut self,
        folder: &DataFolder,
        snapshot: &Snapshot,
    ) -> Result<Vec<Arc<Source>>, Error> {
        for file in live_files(snapshot, Table::CallsRecent) {
            if let std::collections::btree_map::Entry::Vacant(entry) = self.recent.entry(file.data_file_id) {
                entry.insert(Arc::new(Source::new(Some(file.data_file_id), read_whole(folder, file)?)));
            }
        }
        Ok(self.recent.values().cloned().collect())
    }

    pub(super) fn hot(&mut self, chunks: &[Arc<HotChunk>]) -> Vec<Arc<Source>> {
        let mut sources = Vec::with_capacity(chunks.len());
        for chunk in chunks.iter().filter(|chunk| chunk.calls.num_rows() > 0) {
            let known =
                self.hot.iter().find(|(known, _)| Arc::ptr_eq(known, chunk)).map(|(_, source)| source);
            if let Some(source) = known {
                sources.push(Arc::clone(source));
                continue;
            }
            let source = Arc::new(Source::new(None, chunk.calls.clone()));
            self.hot.push((Arc::clone(chunk), Arc::clone(&source)));
            sources.push(source);
        }
        sources
    }
}

/// The live files of a table.
pub(super) fn live_files(snapshot: &Snapshot, table: Table) -> &[Arc<DataFile>] {
    snapshot.files.get(&table).map_or(&[], Vec::as_slice)
}

fn read_whole(folder: &DataFolder, file: &DataFile) -> Result<arrow::array::RecordBatch, Error> {
    let batches = FileReader::open(folder, file)?.rows(Wanted::All)?.collect::<Result<Vec<_>, _>>()?;
    concat_batches(&file.table.schema(), &batches)
        .map_err(|source| Error::Arrow { operation: "read of a recent file", source })
}
