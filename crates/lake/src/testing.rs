//! Random records for the property tests of this crate, and a lake to put them in. Values are drawn from few
//! possibilities, so that equal stamps, equal content and groups without content happen often.

use std::collections::BTreeMap;
use std::sync::Arc;

use callhouse_core::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::{
    Answer, End, Group, Parties, Quality, Rating, Release, Ringing, Stamp, Start, fold,
};
use callhouse_core::{AccountId, CallRecord, Clock, Event, KafkaPartition, Money, Timestamp};
use callhouse_testkit::ManualClock;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::hot::{Flush, HotChunk};
use crate::overlay::OverlayReader;
use crate::read::{FileReader, Wanted};
use crate::rows::{EventRow, Origin, decode_calls, encode_calls, encode_events};
use crate::sorted::sort;
use crate::{Catalog, Commit, DataFolder, Family, FileWriter, NewFile, Snapshot, Table};

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

fn parties() -> impl Strategy<Value = Parties> {
    let enums = (any_of(Direction::ALL), any_of(Presentation::ALL));
    let texts = proptest::collection::vec(text(), 21);
    (enums, texts, select(vec!["", "kamailio", "callr"])).prop_map(
        |((direction, from_presentation), texts, source)| {
            let mut texts = texts.into_iter();
            let mut next = || texts.next().flatten();
            Parties {
                source: source.into(),
                direction,
                from_country: next(),
                from_number_type: next(),
                from_presentation,
                to_country: next(),
                to_number_type: next(),
                did_hash: next(),
                did_number: next(),
                app_hash: next(),
                app_name: next(),
                app_package: next(),
                parent_call_id: next(),
                group_id: next(),
                trunk: next(),
                from_number: next(),
                from_number_raw: next(),
                from_name: next(),
                to_number: next(),
                to_number_raw: next(),
                forwarded_from: next(),
                customer_field: next(),
                source_ip: next(),
                user_agent: next(),
            }
        },
    )
}

fn release() -> impl Strategy<Value = Release> {
    let full =
        (
            of(select(vec![16_u8, 17, 127])),
            any_of(ReleaseSource::ALL),
            of(select(vec![200_u16, 486, 699])),
            any_of(DialStatus::ALL),
            text(),
        )
            .prop_map(|(release_cause, release_source, sip_status, dial_status, release_reason)| {
                Release { release_cause, release_source, sip_status, dial_status, release_reason }
            });
    prop_oneof![Just(Release::default()), full]
}

fn quality() -> impl Strategy<Value = Quality> {
    let full = (text(), of(1_000..5_000_i32), of(0..2_i32), of(0..2_i32), of(0..2_i64)).prop_map(
        |(codec, mos_milli, jitter_ms, round_trip_ms, packets_lost)| Quality {
            codec,
            mos_milli,
            jitter_ms,
            round_trip_ms,
            packets_lost,
        },
    );
    prop_oneof![Just(Quality::default()), full]
}

fn money() -> impl Strategy<Value = Option<Money>> {
    of(select(vec![-Money::MAX_MICROS, 0, 8_925, Money::MAX_MICROS]))
        .prop_map(|micros| micros.and_then(Money::from_micros))
}

fn rating() -> impl Strategy<Value = Rating> {
    (instant(), text(), money(), money(), of(0..3_i64), text()).prop_map(
        |(rated_at, currency, debit, credit, billed_seconds, cost_label)| Rating {
            rated_at,
            currency,
            debit,
            credit,
            billed_seconds,
            cost_label,
        },
    )
}

/// Records of a handful of calls of three accounts, erased ones among them.
pub(crate) fn record() -> impl Strategy<Value = CallRecord> {
    let identity =
        (select(vec!["acme", "b2", "zeta"]), select(vec!["1", "2", "x@host", "ünï"]), instant(), 0..3_i64);
    let signalling = (
        group(instant().prop_map(|started_at| Start { started_at })),
        group(parties()),
        group(instant().prop_map(|ringing_at| Ringing { ringing_at })),
        group(
            (instant(), any_of(AnsweredBy::ALL))
                .prop_map(|(answered_at, answered_by)| Answer { answered_at, answered_by }),
        ),
        group(instant().prop_map(|ended_at| End { ended_at })),
    );
    let rest = (group(release()), group(quality()), group(rating()), prop::option::weighted(0.1, instant()));
    (identity, signalling, rest).prop_map(|(identity, signalling, rest)| {
        let (account, call_id, first_event_at, later) = identity;
        let account = AccountId::new(account).expect("valid");
        let mut record = CallRecord::empty(account, call_id.into(), first_event_at);
        record.last_event_at = first_event_at.plus_micros(later * 1_000_000);
        (record.start, record.parties, record.ringing, record.answer, record.end) = signalling;
        (record.release, record.quality, record.rating, record.erased_at) = rest;
        // Joining with itself is how a record with an erasure gets the form in which records are stored.
        record.join(record.clone());
        record
    })
}

/// Account and `call_id`.
pub(crate) type Key = (String, Box<str>);

/// What the pure join makes of records.
pub(crate) fn joined_purely<'a>(
    records: impl IntoIterator<Item = &'a CallRecord>,
) -> BTreeMap<Key, CallRecord> {
    let mut calls: BTreeMap<Key, CallRecord> = BTreeMap::new();
    for record in records {
        let key = (record.account.as_str().to_owned(), record.call_id.clone());
        match calls.get_mut(&key) {
            Some(known) => known.join(record.clone()),
            None => {
                calls.insert(key, record.clone());
            }
        }
    }
    calls
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
    pub(crate) async fn commit_calls(&self, records: &[CallRecord]) {
        let file = self.write(Table::CallsRecent, &encode_calls(records).expect("encodes"));
        self.commit(vec![file], Vec::new()).await;
    }

    /// Rows of events at offsets of partition 0 from `first_offset` on.
    pub(crate) fn events_at(first_offset: i64, events: &[Event]) -> arrow::array::RecordBatch {
        let row = |(event, offset): (&Event, i64)| EventRow {
            event: event.clone(),
            origin: Origin {
                kafka_partition: KafkaPartition::new("calls", 0),
                offset,
                element: 0,
                received_at: event.time,
            },
        };
        let rows: Vec<EventRow> = events.iter().zip(first_offset..).map(row).collect();
        encode_events(&rows).expect("encodes")
    }

    /// Takes events in as ingest does: archive, partial calls and position in one commit. Batches follow each
    /// other as `number` counts, all of the same length.
    pub(crate) async fn commit_events(&self, number: usize, events: &[Event]) {
        let length = i64::try_from(events.len()).expect("few");
        let from = i64::try_from(number).expect("few") * length;
        let mut phones = PhoneBook::with_capacity(10);
        let records: Vec<CallRecord> = events.iter().filter_map(|event| fold(event, &mut phones)).collect();
        let calls = encode_calls(&records).expect("encodes");
        let files = vec![
            self.write(Table::CallEvents, &Self::events_at(from, events)),
            self.write(Table::CallsRecent, &calls),
        ];
        let kafka_partition = KafkaPartition::new("calls", 0);
        self.commit(files, vec![OffsetRange { kafka_partition, from, to: from + length }]).await;
    }

    /// Every call a reader sees in the newest snapshot and `hot`; fails when one is seen twice.
    pub(crate) async fn answers(&self, hot: &[Arc<HotChunk>]) -> BTreeMap<Key, CallRecord> {
        let snapshot = self.catalog.snapshot().await.expect("a snapshot");
        self.answers_of(&snapshot, hot).await
    }

    /// The same of a given snapshot.
    pub(crate) async fn answers_of(
        &self,
        snapshot: &Arc<Snapshot>,
        hot: &[Arc<HotChunk>],
    ) -> BTreeMap<Key, CallRecord> {
        let overlay = self.overlays.load(Family::Calls, snapshot, hot).await.expect("an overlay");
        let mut batches: Vec<_> =
            overlay.rows.iter().map(|rows| rows.shown_only().expect("filters")).collect();
        for file in &snapshot.files[&Table::Calls] {
            let skipped = overlay.skip.get(&file.data_file_id).map_or(&[][..], Vec::as_slice);
            let reader = FileReader::open(self.catalog.folder(), file).expect("opens");
            for batch in reader.rows(Wanted::AllBut(skipped)).expect("reads") {
                batches.push(batch.expect("reads"));
            }
        }
        let mut calls = BTreeMap::new();
        for record in batches.iter().flat_map(|batch| decode_calls(batch).expect("decodes")) {
            let key = (record.account.as_str().to_owned(), record.call_id.clone());
            assert!(calls.insert(key, record).is_none(), "a call is seen twice");
        }
        calls
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
