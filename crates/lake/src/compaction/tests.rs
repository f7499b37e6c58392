use std::sync::Arc;
use std::time::Duration;

use callhouse_core::CallRecord;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{CompactionOptions, Compactor, Eagerness, Work};
use crate::rebuild::RebuildOptions;
use crate::testing::{BASE, Lake, joined_purely, record, sms_record};
use crate::verify::verify;
use crate::{Family, StoredRecord, Table};

const HOUR: i64 = 3_600_000_000;

#[derive(Debug, Clone)]
enum Operation<R> {
    Commit(Vec<R>),
    StepAfterHours(i64),
    CompactAll,
}

fn operation<R: StoredRecord>(record: impl Strategy<Value = R>) -> impl Strategy<Value = Operation<R>> {
    prop_oneof![
        3 => vec(record, 1..6).prop_map(Operation::Commit),
        3 => (0..30_i64).prop_map(Operation::StepAfterHours),
        1 => Just(Operation::CompactAll),
    ]
}

/// Everything happens early, files are small and few rows fit in memory.
fn eager() -> CompactionOptions {
    CompactionOptions {
        recent_rows: 20,
        late_rows: 2,
        late_after: Duration::from_secs(40 * 3_600),
        fan_in: 2,
        target_file_bytes: 200 << 10,
        memory_bytes: 8 * super::ROW_BYTES,
        ..CompactionOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn lak_3_compaction_changes_no_answer(operations in vec(operation(record()), 1..10)) {
        changes_no_answer(operations);
    }

    #[test]
    fn lak_3_compaction_changes_no_answer_about_text_messages(operations in vec(operation(sms_record()), 1..10)) {
        changes_no_answer(operations);
    }
}

fn changes_no_answer<R: StoredRecord>(operations: Vec<Operation<R>>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let lake = Lake::open(BASE.plus_micros(24 * HOUR)).await;
        let compactor = Compactor::new(lake.catalog.clone(), eager());
        let mut committed: Vec<R> = Vec::new();
        for operation in operations {
            match operation {
                Operation::Commit(records) => {
                    lake.commit_records(&records).await;
                    committed.extend(records);
                }
                Operation::StepAfterHours(hours) => {
                    lake.clock.advance_micros(hours * HOUR);
                    compactor.step().await.expect("steps");
                }
                Operation::CompactAll => {
                    compactor.compact_all(&|_| {}).await.expect("compacts");
                    assert_eq!(lake.live(R::FAMILY.recent()).await, 0);
                }
            }
            assert_eq!(lake.records::<R>(&[]).await, joined_purely(&committed));
            // Files of their month, in order, counted right. (There is no archive here to compare records with.)
            let verified = verify(&lake.catalog, RebuildOptions::default(), Arc::new(|_| {})).await;
            assert_eq!(verified.expect("verifies").findings, []);
        }
    });
}

fn ended_call(id: &str) -> CallRecord {
    use callhouse_core::record::{End, Group, Stamp, Start};
    let account = callhouse_core::AccountId::new("acme").expect("valid");
    let mut call = CallRecord::empty(account, id.into(), BASE);
    let stamp = Stamp::new(0, BASE);
    call.start = Some(Group { stamp, content: Start { started_at: BASE } });
    call.end = Some(Group { stamp, content: End { ended_at: BASE } });
    call
}

#[tokio::test]
async fn open_calls_stay_recent_and_quiet_ones_settle() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    let mut open = ended_call("open");
    open.end = None;
    lake.commit_calls(&[ended_call("ended"), open.clone()]).await;
    let report = compactor.step().await.expect("steps");
    assert_eq!((report.commits, report.settled_rows), (1, 1));
    assert_eq!((lake.live(Table::Calls).await, lake.live(Table::CallsRecent).await), (1, 1));
    assert_eq!(lake.answers(&[]).await, joined_purely(&[ended_call("ended"), open]));
    // Nothing is left to do, so nothing is committed.
    lake.clock.advance_micros(HOUR);
    assert_eq!(compactor.step().await.expect("steps").commits, 0);
}

#[tokio::test]
async fn two_compactors_at_once_settle_every_call_once() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let records: Vec<CallRecord> = (0..40).map(|id| ended_call(&id.to_string())).collect();
    for records in records.chunks(4) {
        lake.commit_calls(records).await;
    }
    let [left, right] = [(); 2].map(|()| Compactor::new(lake.catalog.clone(), eager()));
    let ignore = |_: &_| {};
    let (left, right) = tokio::join!(left.compact_all(&ignore), right.compact_all(&ignore));
    assert!(left.is_ok() || right.is_ok(), "{left:?} {right:?}");
    assert_eq!(lake.answers(&[]).await, joined_purely(&records));
}

#[tokio::test]
async fn small_files_of_a_month_become_few() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor =
        Compactor::new(lake.catalog.clone(), CompactionOptions { fan_in: 4, ..CompactionOptions::default() });
    for id in 0..20 {
        lake.commit_calls(&[ended_call(&id.to_string())]).await;
        lake.clock.advance_micros(HOUR);
        compactor.step().await.expect("steps");
    }
    // One tier here: at most fan_in - 1 files below a merged one, and merged ones are of the same tier.
    assert!(lake.live(Table::Calls).await < 4, "{}", lake.live(Table::Calls).await);
    assert_eq!(lake.answers(&[]).await.len(), 20);
}

#[tokio::test]
async fn a_late_row_that_says_nothing_new_goes_and_leaves_the_settled_file_alone() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    lake.commit_calls(&[ended_call("1"), ended_call("2")]).await;
    compactor.step().await.expect("steps");
    let settled = lake.catalog.snapshot().await.expect("a snapshot").files[&Table::Calls].clone();
    let mut half = ended_call("1");
    half.end = None;
    lake.commit_calls(&[half]).await;
    // Seen now, ripe an hour later.
    compactor.step().await.expect("steps");
    lake.clock.advance_micros(HOUR);
    let report = compactor.step().await.expect("steps");
    assert_eq!((report.removed_files, report.added_files), (1, 0));
    assert_eq!(lake.catalog.snapshot().await.expect("a snapshot").files[&Table::Calls], settled);
    assert_eq!(lake.answers(&[]).await, joined_purely(&[ended_call("1"), ended_call("2")]));
}

#[tokio::test]
async fn an_erasure_does_not_wait() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    lake.commit_calls(&[ended_call("1"), ended_call("2")]).await;
    compactor.step().await.expect("steps");
    let mut erasure = ended_call("1");
    erasure.erased_at = Some(BASE);
    let mut rating = ended_call("2");
    rating.last_event_at = BASE.plus_micros(1);
    lake.commit_calls(&[rating.clone()]).await;
    compactor.step().await.expect("steps");
    lake.clock.advance_micros(HOUR / 2);
    // One late row alone waits.
    assert_eq!(compactor.step().await.expect("steps").late_rows, 0);
    lake.commit_calls(&[erasure.clone()]).await;
    compactor.step().await.expect("steps");
    lake.clock.advance_micros(HOUR / 4);
    // The file is rewritten for the erasure and takes the other in too.
    assert_eq!(compactor.step().await.expect("steps").late_rows, 2);
    assert_eq!(lake.answers(&[]).await, joined_purely(&[erasure, rating]));
}

#[tokio::test]
async fn lak_3_an_overlay_follows_settled_files_that_are_merged() {
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    for id in ["1", "2"] {
        lake.commit_calls(&[ended_call(id)]).await;
        compactor.apply(Work::Settle(Family::Calls), Eagerness::Everything).await.expect("settles");
    }
    let mut late = ended_call("1");
    late.last_event_at = BASE.plus_micros(1);
    lake.commit_calls(&[late.clone()]).await;
    let wanted = joined_purely(&[late, ended_call("2")]);
    assert_eq!(lake.answers(&[]).await, wanted);
    compactor.apply(Work::Merge, Eagerness::Everything).await.expect("merges");
    assert_eq!((lake.live(Table::Calls).await, lake.live(Table::CallsRecent).await), (1, 1));
    assert_eq!(lake.answers(&[]).await, wanted);
}

/// Two compactors that settle at once must meet in an input, see the module's own words.
#[tokio::test]
async fn settling_takes_the_file_with_the_least_id_too() {
    const SECOND: i64 = 1_000_000;
    let lake = Lake::open(BASE.plus_micros(HOUR)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    let mut open = ended_call("open");
    open.end = None;
    lake.commit_calls(&[open]).await;
    assert_eq!(compactor.step().await.expect("steps").commits, 0);
    lake.commit_calls(&[ended_call("ended")]).await;
    lake.clock.advance_micros(100 * SECOND);
    assert_eq!(compactor.step().await.expect("steps").commits, 0);
    // The first file is looked at in vain and waits again, longer than the second.
    lake.clock.advance_micros(200 * SECOND);
    assert_eq!(compactor.step().await.expect("steps").commits, 0);
    lake.clock.advance_micros(100 * SECOND);
    let report = compactor.step().await.expect("steps");
    assert_eq!((report.settled_rows, report.removed_files, report.added_files), (1, 2, 2));
}

#[tokio::test]
async fn open_calls_do_not_keep_others_from_settling() {
    for recent_rows in [1, 1_000] {
        let lake = Lake::open(BASE.plus_micros(HOUR)).await;
        let options = CompactionOptions {
            memory_bytes: 8 * super::ROW_BYTES,
            recent_rows,
            ..CompactionOptions::default()
        };
        let compactor = Compactor::new(lake.catalog.clone(), options);
        let open: Vec<CallRecord> =
            (0..6).map(|id| CallRecord { end: None, ..ended_call(&format!("open-{id}")) }).collect();
        let ended: Vec<CallRecord> = (0..6).map(|id| ended_call(&format!("ended-{id}"))).collect();
        lake.commit_calls(&open).await;
        compactor.step().await.expect("steps");
        lake.commit_calls(&ended).await;
        compactor.step().await.expect("steps");
        lake.clock.advance_micros(HOUR / 4);
        // The first step may look at the open calls alone.
        for _ in 0..2 {
            compactor.step().await.expect("steps");
        }
        assert_eq!(lake.live(Table::Calls).await, 1, "settled with {recent_rows} recent rows");
        // The open calls alone are no work, however pressed.
        let mut steps = 0;
        while compactor.step().await.expect("steps").commits > 0 {
            steps += 1;
            assert!(steps < 3, "open calls are written again and again");
        }
        let committed: Vec<CallRecord> = open.into_iter().chain(ended).collect();
        assert_eq!(lake.answers(&[]).await, joined_purely(&committed));
    }
}
