//! Random records for the property tests of this crate, and a lake to put them in. Values are drawn from few
//! possibilities, so that equal stamps, equal content and groups without content happen often.

mod calls;
mod sms;

use std::collections::BTreeMap;
use std::sync::Arc;

use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::{Group, Stamp, fold};
use callhouse_core::{CallRecord, Clock, Event, KafkaPartition, Money, SmsRecord, Timestamp};
use callhouse_testkit::ManualClock;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::hot::{Flush, HotChunk};
use crate::overlay::OverlayReader;
use crate::read::{FileReader, Wanted};
use crate::rows::{EventRow, Origin, encode_calls, encode_events};
use crate::sorted::sort;
use crate::{Catalog, Commit, DataFolder, FileWriter, NewFile, Snapshot, StoredRecord, Table};

pub(crate) use calls::record;
pub(crate) use sms::sms_record;

/// 2026-03-01T00:00:00Z.
pub(crate) const BASE: Timestamp = Timestamp(1_772_323_200_000_000);

pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    (0..4_i64).prop_map(|step| BASE.plus_micros(step * 20 * 3_600_000_000 + step))
}

fn stamp() -> impl Strategy<Value = Stamp> {
    (0..3_u8, instant()).prop_map(|(authority, at)| Stamp::new(authority, at))
}

fn group<T: std::fmt::Debug>(content: impl Strategy<Value = T>) -> impl Strategy<Value = Option<Group<T>>> {
    of((stamp(), content).prop_map(|(stamp, content)| Group { stamp, content }))
}

fn text() -> impl Strategy<Value = Option<Box<str>>> {
    of(select(vec!["", "a", "b", "+33612345678"])).prop_map(|text| text.map(Box::from))
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = Option<T>> {
    of(select(values))
}

fn money() -> impl Strategy<Value = Option<Money>> {
    of(select(vec![-Money::MAX_MICROS, 0, 8_925, Money::MAX_MICROS]))
        .prop_map(|micros| micros.and_then(Money::from_micros))
}

/// Account and the source's id.
pub(crate) type Key = (String, Box<str>);

/// What the pure join makes of records.
pub(crate) fn joined_purely<'a, R: StoredRecord>(
    records: impl IntoIterator<Item = &'a R>,
) -> BTreeMap<Key, R> {
    let mut joined: BTreeMap<Key, R> = BTreeMap::new();
    for record in records {
        match joined.get_mut(&key_of(record)) {
            Some(known) => known.join_from(&mut record.clone()),
            None => {
                joined.insert(key_of(record), record.clone());
            }
        }
    }
    joined
}

fn key_of<R: StoredRecord>(record: &R) -> Key {
    (record.account().as_str().to_owned(), record.id().into())
}

/// A lake in a folder of its own.
pub(crate) struct Lake {
    pub(crate) catalog: Catalog,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) overlays: OverlayReader,
    _folder: tempfile::TempDir,
}

impl Lake {
    pub(crate) async fn open(now: Timestamp) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::new(temporary.path());
        let clock = Arc::new(ManualClock::new(now));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let catalog = Catalog::open(folder.clone(), shared).await.expect("opens");
        Self { catalog, clock, overlays: OverlayReader::new(folder, 1 << 20), _folder: temporary }
    }

    pub(crate) fn write(&self, table: Table, batch: &arrow::array::RecordBatch) -> NewFile {
        let sorted = sort(table, batch).expect("sorts");
        FileWriter::new(self.catalog.folder().clone()).write(table, None, &[sorted]).expect("writes")
    }

    pub(crate) async fn commit(&self, add: Vec<NewFile>, positions: Vec<OffsetRange>) {
        let commit = Commit {
            id: Uuid::now_v7(),
            add,
            remove: Vec::new(),
            positions,
            holes: Vec::new(),
            message: "ingest",
        };
        self.catalog.commit(&commit).await.expect("commits");
    }

    /// Commits records as one recent file.
    pub(crate) async fn commit_records<R: StoredRecord>(&self, records: &[R]) {
        let records: Vec<&R> = records.iter().collect();
        let file = self.write(R::FAMILY.recent(), &R::encode(&records).expect("encodes"));
        self.commit(vec![file], Vec::new()).await;
    }

    pub(crate) async fn commit_calls(&self, records: &[CallRecord]) {
        self.commit_records(records).await;
    }

    /// Rows of events at offsets of partition 0 from `first_offset` on.
    pub(crate) fn events_at(first_offset: i64, events: &[Event]) -> arrow::array::RecordBatch {
        Self::event_rows(events.iter().zip(first_offset..))
    }

    fn event_rows<'e>(events: impl Iterator<Item = (&'e Event, i64)>) -> arrow::array::RecordBatch {
        let row = |(event, offset): (&Event, i64)| EventRow {
            event: event.clone(),
            origin: Origin {
                kafka_partition: KafkaPartition::new("calls", 0),
                offset,
                element: 0,
                received_at: event.time,
            },
        };
        let rows: Vec<EventRow> = events.map(row).collect();
        encode_events(&rows).expect("encodes")
    }

    /// Takes events in as ingest does: archives, partial records and position in one commit. Batches follow each
    /// other as `number` counts, all of the same length.
    pub(crate) async fn commit_events(&self, number: usize, events: &[Event]) {
        let length = i64::try_from(events.len()).expect("few");
        let from = i64::try_from(number).expect("few") * length;
        let mut files = self.files_of::<CallRecord>(from, events);
        files.extend(self.files_of::<SmsRecord>(from, events));
        let kafka_partition = KafkaPartition::new("calls", 0);
        self.commit(files, vec![OffsetRange { kafka_partition, from, to: from + length }]).await;
    }

    /// Archive and partial records of those events that are of a family; no files when none is.
    fn files_of<R: StoredRecord>(&self, from: i64, events: &[Event]) -> Vec<NewFile> {
        let is_of_family = |event: &Event| event.kind.event_type().is_some_and(R::is_stated_by);
        let of_family = || events.iter().zip(from..).filter(|(event, _)| is_of_family(event));
        let mut phones = PhoneBook::with_capacity(10);
        let records: Vec<R> = of_family().filter_map(|(event, _)| fold(event, &mut phones)).collect();
        if records.is_empty() {
            return Vec::new();
        }
        let records = R::encode(&records.iter().collect::<Vec<_>>()).expect("encodes");
        vec![
            self.write(R::FAMILY.archive(), &Self::event_rows(of_family())),
            self.write(R::FAMILY.recent(), &records),
        ]
    }

    /// Every call a reader sees in the newest snapshot and `hot`; fails when one is seen twice.
    pub(crate) async fn answers(&self, hot: &[Arc<HotChunk>]) -> BTreeMap<Key, CallRecord> {
        self.records(hot).await
    }

    /// The same of a given snapshot.
    pub(crate) async fn answers_of(
        &self,
        snapshot: &Arc<Snapshot>,
        hot: &[Arc<HotChunk>],
    ) -> BTreeMap<Key, CallRecord> {
        self.records_of(snapshot, hot).await
    }

    /// As [`Lake::answers`], of any family.
    pub(crate) async fn records<R: StoredRecord>(&self, hot: &[Arc<HotChunk>]) -> BTreeMap<Key, R> {
        let snapshot = self.catalog.snapshot().await.expect("a snapshot");
        self.records_of(&snapshot, hot).await
    }

    async fn records_of<R: StoredRecord>(
        &self,
        snapshot: &Arc<Snapshot>,
        hot: &[Arc<HotChunk>],
    ) -> BTreeMap<Key, R> {
        let overlay = self.overlays.load(R::FAMILY, snapshot, hot).await.expect("an overlay");
        let mut batches: Vec<_> =
            overlay.rows.iter().map(|rows| rows.shown_only().expect("filters")).collect();
        for file in &snapshot.files[&R::FAMILY.settled()] {
            let skipped = overlay.skip.get(&file.data_file_id).map_or(&[][..], Vec::as_slice);
            let reader = FileReader::open(self.catalog.folder(), file).expect("opens");
            for batch in reader.rows(Wanted::AllBut(skipped)).expect("reads") {
                batches.push(batch.expect("reads"));
            }
        }
        let mut seen = BTreeMap::new();
        for record in batches.iter().flat_map(|batch| R::decode(batch).expect("decodes")) {
            assert!(seen.insert(key_of(&record), record).is_none(), "a record is seen twice");
        }
        seen
    }

    pub(crate) async fn live(&self, table: Table) -> usize {
        self.catalog.snapshot().await.expect("a snapshot").files[&table].len()
    }
}

/// The range of one offset of partition 0.
pub(crate) fn offset(at: i64) -> OffsetRange {
    OffsetRange { kafka_partition: KafkaPartition::new("calls", 0), from: at, to: at + 1 }
}

/// A hot chunk of these calls, at one offset.
pub(crate) fn hot_chunk(at: i64, records: &[CallRecord]) -> HotChunk {
    HotChunk {
        range: offset(at),
        rows: vec![(Table::CallsRecent, encode_calls(records).expect("encodes"))],
        flush: Flush::default(),
    }
}
