//! What settling, overlays and verifying cost: `cargo run --example compaction -- 200000 5000`, calls and calls a
//! commit. The calls of a commit are taken in half at first and whole with the next one, as open calls are.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::sync::Arc;
use std::time::Instant;

use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::{CallRecord, Timestamp};
use callhouse_lake::overlay::OverlayReader;
use callhouse_lake::{
    Catalog, Commit, CompactionOptions, Compactor, DataFolder, Family, FileWriter, NewFile, Pace, Table, rows,
};
use callhouse_testkit::ManualClock;
use callhouse_testkit::events::CallStory;
use uuid::Uuid;

/// 2026-03-01T00:00:00Z.
const BASE: Timestamp = Timestamp(1_772_323_200_000_000);
const KEY_INDEX_BYTES: usize = 256 << 20;

/// The records of a call's first two events, and of all of them.
fn records(number: usize, phones: &mut PhoneBook) -> (CallRecord, CallRecord) {
    let started_at = BASE.plus_micros(i64::try_from(number).unwrap() * 20_000);
    // Scattered like random ids, so that every file may hold every call.
    let id = format!("{:016x}", (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut story = CallStory::new(&format!("account-{}", number % 50), &id, started_at);
    story.to = format!("+1415555{:04}", number % 10_000).into();
    let mut partial: Vec<CallRecord> = story.all().iter().filter_map(|event| fold(event, phones)).collect();
    let mut join = |count: usize| {
        let mut parts = partial.drain(..count.min(partial.len()));
        let mut whole = parts.next().unwrap();
        parts.for_each(|part| whole.join(part));
        whole
    };
    let open = join(2);
    let mut whole = open.clone();
    whole.join(join(usize::MAX));
    (open, whole)
}

async fn commit(catalog: &Catalog, records: &[CallRecord]) {
    let mut records = records.to_vec();
    records.sort_by(|a, b| (a.account.as_str(), &a.call_id).cmp(&(b.account.as_str(), &b.call_id)));
    let batch = rows::encode_calls(&records).unwrap();
    let writer = FileWriter::new(catalog.folder().clone());
    let add: Vec<NewFile> = vec![writer.write(Table::CallsRecent, None, &[batch]).unwrap()];
    let commit = Commit {
        id: Uuid::now_v7(),
        add,
        remove: vec![],
        positions: vec![],
        holes: vec![],
        message: "ingest",
    };
    catalog.commit(&commit).await.unwrap();
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse::<usize>().unwrap());
    let calls = arguments.next().unwrap_or(200_000);
    let at_once = arguments.next().unwrap_or(5_000);
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::new(folder.path());
    let clock = Arc::new(ManualClock::new(BASE));
    let catalog = Catalog::open(folder.clone(), Arc::<ManualClock>::clone(&clock)).await.unwrap();
    let overlays = OverlayReader::new(folder, KEY_INDEX_BYTES);
    let compactor =
        Compactor::sharing(catalog.clone(), CompactionOptions::default(), &overlays, Arc::new(Pace::default));
    let mut phones = PhoneBook::with_capacity(100_000);
    let mut whole_before: Vec<CallRecord> = Vec::new();
    for first in (0..calls).step_by(at_once) {
        let (open, whole): (Vec<_>, Vec<_>) =
            (first..first + at_once).map(|n| records(n, &mut phones)).unzip();
        let mut taken_in = std::mem::replace(&mut whole_before, whole);
        taken_in.extend(open);
        commit(&catalog, &taken_in).await;
        clock.advance_micros(i64::try_from(at_once).unwrap() * 20_000);
        let started = Instant::now();
        let snapshot = catalog.snapshot().await.unwrap();
        let overlay = overlays.load(Family::Calls, &snapshot, &[]).await.unwrap();
        let overlay_ms = started.elapsed().as_millis();
        let started = Instant::now();
        let report = compactor.step().await.unwrap();
        println!(
            "{first:>9} overlay {overlay_ms:>6} ms {:>7} rows; step {:>6} ms settled {:>7} late {:>5} files {} -> {}; live {}",
            overlay.row_count(),
            started.elapsed().as_millis(),
            report.settled_rows,
            report.late_rows,
            report.removed_files,
            report.added_files,
            snapshot.files.values().map(Vec::len).sum::<usize>(),
        );
    }
    let started = Instant::now();
    let report = compactor.compact_all(&|_| {}).await.unwrap();
    println!("compact_all {} ms {report:?}", started.elapsed().as_millis());
    let snapshot = catalog.snapshot().await.unwrap();
    let bytes: i64 = snapshot.files[&Table::Calls].iter().map(|file| file.file_size_bytes).sum();
    let rows: i64 = snapshot.files[&Table::Calls].iter().map(|file| file.record_count).sum();
    println!("{rows} calls in {} files, {} bytes a call", snapshot.files[&Table::Calls].len(), bytes / rows);
}
