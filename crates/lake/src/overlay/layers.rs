//! The layers of an overlay, and how they follow what is live.
//!
//! A later layer takes over the records it has from the layers before it: it joins what they knew with its own rows, and
//! their rows are hidden. So a record is shown once, and new rows cost what they are, not what is there already.
//!
//! Each layer has looked for the settled rows of all its records, hidden ones among them, in every settled file. When
//! all that a layer was made of has gone, it goes, and rows it had taken over are shown and joined anew. A row may know
//! more than what is left of its layer's sources: what compaction takes away is in the files it leaves (LAK-3), and
//! joining the same again changes nothing (REC-1).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::layer::{Chunk, Layer, Sources, Touches};
use super::{Overlay, Skip};
use crate::catalog::{DataFile, Snapshot};
use crate::error::Error;
use crate::family::Family;
use crate::folder::DataFolder;
use crate::hot::{Flushed, HotChunk};
use crate::join::join_records;
use crate::read::{FileReader, Wanted};
use crate::sorted::take;
use crate::table::Table;
use crate::touch::{Keyed, Toucher};

/// A layer of more rows is left as it is: rewriting it costs more than looking at one layer more.
const LAYER_ROWS: usize = 131_072;

/// The same of a layer whose sources are not settled at the same time.
const MIXED_LAYER_ROWS: usize = 8_192;

/// Rows that may be held before all is read anew, beside twice as many as are not settled.
const SPARE_ROWS: usize = 100_000;

/// Rows of layers that are to be joined with new settled rows, by the layer's index.
type Again = BTreeMap<usize, Vec<usize>>;

/// Where rows and settled files are read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) family: Family,
    pub(super) folder: &'a DataFolder,
    pub(super) toucher: &'a Toucher,
    pub(super) snapshot: &'a Snapshot,
}

impl Reading<'_> {
    fn recent(&self) -> &[Arc<DataFile>] {
        live(self.snapshot, self.family.recent())
    }

    fn settled(&self) -> &[Arc<DataFile>] {
        live(self.snapshot, self.family.settled())
    }

    fn hot<'a>(&self, chunk: &'a HotChunk) -> Option<&'a RecordBatch> {
        chunk.of(self.family.recent())
    }
}

/// Cheap to clone; clones share the rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    snapshot_id: i64,
    /// The settled files that every layer has looked at.
    settled: BTreeSet<i64>,
    layers: Vec<Layer>,
    last_number: u64,
}

impl Layers {
    /// Whether these can become those of a snapshot and the hot chunks above it: they are of the same time or
    /// earlier, and no chunk was lost meanwhile.
    pub(super) fn lead_to(&self, reading: &Reading<'_>, hot: &[Arc<HotChunk>]) -> bool {
        let snapshot = reading.snapshot;
        let live: BTreeSet<usize> = hot.iter().map(|chunk| chunk.flush.identity()).collect();
        let is_covered = |chunk: &Chunk| {
            let position = snapshot.positions.get(&chunk.range.kafka_partition);
            position.is_some_and(|next| *next >= chunk.range.to)
        };
        let mut chunks = self.layers.iter().flat_map(|layer| &layer.sources.chunks);
        self.snapshot_id <= snapshot.id
            && chunks.all(|(identity, chunk)| live.contains(identity) || is_covered(chunk))
            && !self.are_wasteful(reading, hot)
    }

    /// How new they are, among those that lead to the same.
    pub(super) fn age(&self) -> (i64, usize) {
        (self.snapshot_id, self.layers.iter().map(|layer| layer.sources.chunks.len()).sum())
    }

    fn are_wasteful(&self, reading: &Reading<'_>, hot: &[Arc<HotChunk>]) -> bool {
        let held: usize = self.layers.iter().map(Layer::held_rows).sum();
        let recent = reading.recent().iter().map(|file| file.record_count).sum::<i64>();
        let hot: usize = hot.iter().filter_map(|chunk| reading.hot(chunk)).map(RecordBatch::num_rows).sum();
        held > 2 * (usize::try_from(recent).unwrap_or(0) + hot) + SPARE_ROWS
    }

    /// The layers of a snapshot and the hot chunks above it, from earlier ones.
    ///
    /// # Errors
    /// As reading and joining give them; nothing is to be done with the layers then.
    pub(super) fn follow(mut self, reading: &Reading<'_>, hot: &[Arc<HotChunk>]) -> Result<Self, Error> {
        self.follow_flushes(reading);
        let mut again = self.drop_gone(reading, hot);
        self.look_at_settled(reading, &mut again)?;
        self.join_again(reading, &again)?;
        let known = self.files();
        for file in reading.recent() {
            if !known.contains(&file.data_file_id) {
                let sources = Sources { files: [file.data_file_id].into(), ..Sources::default() };
                self.push(reading, read_whole(reading.folder, file)?, sources)?;
            }
        }
        self.push_hot(reading, hot)?;
        self.snapshot_id = reading.snapshot.id;
        Ok(self)
    }

    /// What readers see.
    ///
    /// # Errors
    /// [`Error::Arrow`].
    pub(super) fn overlay(&self) -> Result<Overlay, Error> {
        let mut touches = Touches::default();
        for layer in &self.layers {
            touches.add_all(&layer.touches)?;
        }
        let mut skip = Skip::new();
        let mut replaced = Vec::new();
        for (data_file_id, touch) in touches.iter() {
            skip.entry(data_file_id).or_default().extend(&touch.rows);
            replaced.push(touch.batch.clone());
        }
        skip.values_mut().for_each(|rows| rows.sort_unstable());
        let shown = self.layers.iter().filter(|layer| layer.shown_rows() > 0);
        let rows = shown.map(|layer| layer.shown().clone()).collect();
        Ok(Overlay { rows, skip: Arc::new(skip), replaced })
    }

    /// Puts the file of a flush in the place of its chunks where all of them are here: then its rows are, too.
    fn follow_flushes(&mut self, reading: &Reading<'_>) {
        let mut flushes: HashMap<Flushed, BTreeSet<usize>> = HashMap::new();
        for (identity, chunk) in self.layers.iter().flat_map(|layer| &layer.sources.chunks) {
            if let Some(flushed) = chunk.flush.flushed(reading.family.recent()) {
                flushes.entry(flushed.clone()).or_default().insert(*identity);
            }
        }
        for file in reading.recent() {
            let mut of_file = flushes.iter().filter(|(flushed, _)| *flushed.path == *file.path);
            let Some((_, chunks)) = of_file.find(|(flushed, chunks)| chunks.len() == flushed.chunks) else {
                continue;
            };
            for layer in &mut self.layers {
                let before = layer.sources.chunks.len();
                layer.sources.chunks.retain(|identity, _| !chunks.contains(identity));
                if layer.sources.chunks.len() < before {
                    layer.sources.files.insert(file.data_file_id);
                }
            }
        }
    }

    /// Drops layers all of whose sources have gone; returns the rows they had taken over.
    fn drop_gone(&mut self, reading: &Reading<'_>, hot: &[Arc<HotChunk>]) -> Again {
        let files: BTreeSet<i64> = ids(reading.recent());
        let chunks: BTreeSet<usize> = hot.iter().map(|chunk| chunk.flush.identity()).collect();
        for layer in &mut self.layers {
            layer.sources.files.retain(|id| files.contains(id));
            layer.sources.chunks.retain(|identity, _| chunks.contains(identity));
        }
        let gone = self.layers.iter().filter(|layer| layer.sources.is_empty());
        let gone: BTreeSet<u64> = gone.map(|layer| layer.number).collect();
        self.layers.retain(|layer| !layer.sources.is_empty());
        if gone.is_empty() {
            return Again::new();
        }
        let back = self.layers.iter_mut().map(|layer| layer.take_back(&gone)).enumerate();
        back.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// Looks for settled rows in files that are new; adds the rows shown here that they are of to `again`.
    fn look_at_settled(&mut self, reading: &Reading<'_>, again: &mut Again) -> Result<(), Error> {
        let settled = reading.settled();
        let live_ids = ids(settled);
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.touches.retain(&live_ids);
            for file in settled.iter().filter(|file| !self.settled.contains(&file.data_file_id)) {
                let Some(touch) = reading.toucher.touch(layer.keyed(), file)? else { continue };
                let keys = Keyed::new(touch.batch.clone());
                let rows = (0..touch.rows.len()).map(|row| (keys.fingerprint(row), keys.key(row)));
                let shown: Vec<usize> =
                    rows.filter_map(|(fingerprint, key)| layer.find_shown(fingerprint, key)).collect();
                if !shown.is_empty() {
                    again.entry(index).or_default().extend(shown);
                }
                layer.touches.add(file.data_file_id, &Arc::new(touch))?;
            }
        }
        self.settled = live_ids;
        Ok(())
    }

    /// Joins rows with the settled rows of their records, in a layer that stays as long as the ones they are from.
    fn join_again(&mut self, reading: &Reading<'_>, again: &Again) -> Result<(), Error> {
        let mut sources = Sources::default();
        let mut batches = Vec::new();
        for (index, rows) in again {
            let layer = &self.layers[*index];
            sources.add(&layer.sources);
            let rows: BTreeSet<usize> = rows.iter().copied().collect();
            batches.push(take(&layer.keyed().records, rows.into_iter().collect())?);
        }
        self.push(reading, batches, sources)
    }

    fn push_hot(&mut self, reading: &Reading<'_>, hot: &[Arc<HotChunk>]) -> Result<(), Error> {
        let known = self.layers.iter().flat_map(|layer| layer.sources.chunks.keys());
        let known: BTreeSet<usize> = known.copied().collect();
        let mut sources = Sources::default();
        let mut batches = Vec::new();
        for chunk in hot.iter().filter(|chunk| !known.contains(&chunk.flush.identity())) {
            let Some(rows) = reading.hot(chunk) else { continue };
            let source = Chunk { range: chunk.range.clone(), flush: chunk.flush.clone() };
            sources.chunks.insert(chunk.flush.identity(), source);
            batches.push(rows.clone());
        }
        self.push(reading, batches, sources)
    }

    /// Lays rows over what is there.
    fn push(
        &mut self,
        reading: &Reading<'_>,
        mut batches: Vec<RecordBatch>,
        sources: Sources,
    ) -> Result<(), Error> {
        if sources.is_empty() {
            return Ok(());
        }
        let new = match &batches[..] {
            [only] => only.clone(),
            several => concat_batches(&reading.family.settled().schema(), several)
                .map_err(|source| Error::Arrow { operation: "gathering of new rows", source })?,
        };
        let new = Keyed::new(new);
        self.last_number += 1;
        batches.extend(self.take_over(&new)?);
        let mut touches = Touches::default();
        for file in reading.settled() {
            if let Some(touch) = reading.toucher.touch(&new, file)? {
                batches.push(touch.batch.clone());
                touches.add(file.data_file_id, &Arc::new(touch))?;
            }
        }
        self.layers.push(Layer::new(
            self.last_number,
            join_records(reading.family, &batches)?,
            sources,
            touches,
        ));
        self.merge_last(reading.family)
    }

    /// Hides the shown rows of these records for the layer that is about to come, and returns them.
    fn take_over(&mut self, new: &Keyed) -> Result<Vec<RecordBatch>, Error> {
        let mut taken: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.layers.len()];
        for row in 0..new.records.num_rows() {
            let (fingerprint, key) = (new.fingerprint(row), new.key(row));
            let shown = |layer: &Layer| layer.find_shown(fingerprint, key);
            // Records that are under way are in the latest layers.
            let found =
                self.layers.iter().enumerate().rev().find_map(|(at, layer)| Some((at, shown(layer)?)));
            if let Some((at, row)) = found {
                taken[at].insert(row);
            }
        }
        let mut batches = Vec::new();
        for (layer, rows) in self.layers.iter_mut().zip(taken).filter(|(_, rows)| !rows.is_empty()) {
            let rows: Vec<usize> = rows.into_iter().collect();
            layer.give(&rows, self.last_number);
            batches.push(take(&layer.keyed().records, rows)?);
        }
        Ok(batches)
    }

    /// Merges the last layers while they are of about one size, so that there are few.
    fn merge_last(&mut self, family: Family) -> Result<(), Error> {
        while let [.., earlier, later] = &self.layers[..]
            && later.shown_rows() >= earlier.shown_rows() / 2
            && later.shown_rows() + earlier.shown_rows() <= most_rows(earlier, later)
        {
            // The later one shows all its rows, and nobody but it has taken from the earlier one.
            let records =
                join_records(family, &[earlier.shown().shown_only()?, later.keyed().records.clone()])?;
            let mut sources = earlier.sources.clone();
            sources.add(&later.sources);
            let (from, number) = (earlier.number, later.number);
            let mut touches = earlier.touches.clone();
            touches.add_all(&later.touches)?;
            let merged = Layer::new(number, records, sources, touches);
            self.layers.truncate(self.layers.len() - 2);
            self.layers.iter_mut().for_each(|layer| layer.renumber(from, number));
            self.layers.push(merged);
        }
        Ok(())
    }

    fn files(&self) -> BTreeSet<i64> {
        self.layers.iter().flat_map(|layer| &layer.sources.files).copied().collect()
    }
}

/// How large two layers may become by merging. One of several flushes holds rows for nothing from the first one's
/// settling to the last one's, so these stay small.
fn most_rows(earlier: &Layer, later: &Layer) -> usize {
    if earlier.sources.go_with(&later.sources) { LAYER_ROWS } else { MIXED_LAYER_ROWS }
}

fn live(snapshot: &Snapshot, table: Table) -> &[Arc<DataFile>] {
    snapshot.files.get(&table).map_or(&[], Vec::as_slice)
}

fn ids(files: &[Arc<DataFile>]) -> BTreeSet<i64> {
    files.iter().map(|file| file.data_file_id).collect()
}

fn read_whole(folder: &DataFolder, file: &DataFile) -> Result<Vec<RecordBatch>, Error> {
    FileReader::open(folder, file)?.rows(Wanted::All)?.collect()
}
