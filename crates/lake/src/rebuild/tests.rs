use std::sync::Arc;

use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::{CallRecord, Event, SmsRecord};
use callhouse_testkit::events::{CallStory, SmsStory};

use super::*;
use crate::compaction::{CompactionOptions, Compactor};
use crate::testing::{BASE, Lake, joined_purely};

fn stories(count: usize) -> Vec<CallStory> {
    (0..count).map(|id| CallStory::new(["acme", "b2"][id % 2], &format!("call-{id}"), BASE)).collect()
}

fn silent() -> Arc<dyn Fn(RebuildProgress) + Send + Sync> {
    Arc::new(|_| {})
}

fn folded(events: &[Event]) -> Vec<CallRecord> {
    let mut phones = PhoneBook::with_capacity(10);
    events.iter().filter_map(|event| fold(event, &mut phones)).collect()
}

#[tokio::test]
async fn rec_2_rebuilt_calls_are_the_live_ones() {
    let lake = Lake::open(BASE.plus_micros(7_200_000_000)).await;
    let mut events = Vec::new();
    for (half, stories) in stories(20).chunks(10).enumerate() {
        let now: Vec<Event> = stories.iter().flat_map(CallStory::all).collect();
        lake.commit_events(half, &now).await;
        events.extend(now);
        Compactor::new(lake.catalog.clone(), CompactionOptions::default()).step().await.expect("steps");
    }
    let options = RebuildOptions { memory_rows: 7, ..RebuildOptions::default() };
    let rebuilder = Rebuilder::new(lake.catalog.clone(), options);
    let report = rebuilder.compare(silent()).await.expect("compares");
    assert!(report.agrees(), "{report:?}");
    let calls = report.of(Family::Calls).expect("rebuilt");
    assert_eq!((calls.records, calls.events), (20, u64::try_from(events.len()).expect("few")));
    assert_eq!(report.swapped_in, None);
}

#[tokio::test]
async fn rec_2_rebuilt_text_messages_are_the_live_ones_beside_calls() {
    let lake = Lake::open(BASE.plus_micros(7_200_000_000)).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    let message = |id: usize| SmsStory::new(["acme", "b2"][id % 2], &format!("m-{id}"), BASE);
    for half in 0..2 {
        // A report that does not count, one told twice, a redaction, and a call between.
        let mut now: Vec<Event> = (half * 5..half * 5 + 5)
            .flat_map(|id| {
                let message = message(id);
                [message.all(), vec![message.failed(), message.sent(), message.redacted()]].concat()
            })
            .collect();
        now.extend(CallStory::new("acme", &format!("call-{half}"), BASE).all());
        lake.commit_events(half, &now).await;
        compactor.step().await.expect("steps");
    }
    let rebuilder =
        Rebuilder::new(lake.catalog.clone(), RebuildOptions { memory_rows: 3, ..Default::default() });
    let report = rebuilder.rebuild(silent()).await.expect("rebuilds");
    assert!(report.agrees(), "{report:?}");
    let found = |family| report.of(family).map(|found| (found.records, found.events));
    assert_eq!(found(Family::Sms), Some((10, 80)));
    assert_eq!(found(Family::Calls), Some((2, 8)));
    let seen = lake.records::<SmsRecord>(&[]).await;
    assert_eq!(seen.len(), 10);
    for record in seen.values() {
        assert_eq!(callhouse_core::record::sms::derive(record).status.as_str(), "RECEIVED");
        assert!(record.content.as_ref().is_some_and(|group| group.content.text.is_none()));
    }
}

#[tokio::test]
async fn a_rebuild_finds_and_repairs_what_is_not_in_the_archive() {
    let lake = Lake::open(BASE).await;
    let events: Vec<Event> = stories(6).iter().flat_map(CallStory::all).collect();
    lake.commit_events(0, &events).await;
    // A call nobody has seen, and a rating nobody has sent.
    let mut foreign = folded(&CallStory::new("acme", "foreign", BASE).all());
    let mut changed = CallStory::new("acme", "call-0", BASE);
    changed.debit = callhouse_core::Money::from_micros(99_000).expect("in range");
    foreign.extend(folded(&[changed.rated()]));
    lake.commit_calls(&foreign).await;

    let rebuilder = Rebuilder::new(lake.catalog.clone(), RebuildOptions::default());
    let report = rebuilder.rebuild(silent()).await.expect("rebuilds");
    let differences = &report.of(Family::Calls).expect("rebuilt").differences;
    assert_eq!((differences.missing, differences.unexpected, differences.changed), (0, 1, 1));
    let listed = |call_id: &str| {
        let found = differences.listed.iter().find(|difference| difference.id == call_id);
        found.map(|difference| difference.kind.clone())
    };
    assert_eq!(listed("foreign"), Some(DifferenceKind::Unexpected));
    assert_eq!(listed("call-0"), Some(DifferenceKind::Columns(vec!["debit".to_owned()])));
    assert!(report.swapped_in.is_some());

    assert_eq!(lake.answers(&[]).await, joined_purely(&folded(&events)));
    assert_eq!(lake.live(Table::CallsRecent).await, 0);
    assert!(rebuilder.compare(silent()).await.expect("compares").agrees());
}
