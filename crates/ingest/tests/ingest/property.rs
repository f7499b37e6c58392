//! Any batches, with malformed messages, duplicates, disorder, gaps and restarts at any moment, are seen as every
//! event once and as the records the pure fold makes of the distinct events.

use callhouse_core::Event;
use callhouse_ingest::Options;
use callhouse_testkit::events::structured;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fake_log::Topic;
use crate::ing_1::{expected, message, story};
use crate::warehouse::{Warehouse, patient};

#[derive(Debug, Clone)]
enum Step {
    /// The n-th event of the c-th call, possibly told before and possibly out of order.
    Event {
        partition: i32,
        call: usize,
        event: usize,
    },
    /// The same of text messages.
    Sms {
        partition: i32,
        message: usize,
        event: usize,
    },
    Batch {
        partition: i32,
        calls: Vec<usize>,
    },
    Malformed {
        partition: i32,
    },
    UnknownAccount {
        partition: i32,
    },
    Gap {
        partition: i32,
        offsets: i64,
    },
    /// The process dies once this much of the topic is hot, or a commit has covered it.
    Crash,
    /// The process is stopped as an operator would.
    Restart,
    /// Both partitions move to another process, which the first is told.
    Rebalance,
}

fn step() -> impl Strategy<Value = Step> {
    let partition = || 0..2_i32;
    prop_oneof![
        12 => (partition(), 0..6_usize, 0..4_usize)
            .prop_map(|(partition, call, event)| Step::Event { partition, call, event }),
        8 => (partition(), 0..4_usize, 0..7_usize)
            .prop_map(|(partition, message, event)| Step::Sms { partition, message, event }),
        3 => (partition(), proptest::collection::vec(0..6_usize, 0..4))
            .prop_map(|(partition, calls)| Step::Batch { partition, calls }),
        2 => partition().prop_map(|partition| Step::Malformed { partition }),
        1 => partition().prop_map(|partition| Step::UnknownAccount { partition }),
        2 => (partition(), 1..4_i64).prop_map(|(partition, offsets)| Step::Gap { partition, offsets }),
        1 => Just(Step::Crash),
        1 => Just(Step::Restart),
        1 => Just(Step::Rebalance),
    ]
}

fn event(call: usize, event: usize) -> Event {
    story(["acme", "globex"][call % 2], call).all().swap_remove(event)
}

fn sms_event(number: usize, event: usize) -> Event {
    let message = message(["acme", "globex"][number % 2], number);
    [message.all(), vec![message.failed(), message.redacted()]].concat().swap_remove(event)
}

fn batch(calls: &[usize]) -> Vec<u8> {
    let events: Vec<serde_json::Value> = calls
        .iter()
        .map(|call| serde_json::from_slice(&structured(&event(*call, 0))).expect("JSON"))
        .collect();
    serde_json::to_vec(&events).expect("JSON")
}

/// How long a failure is made smaller, some of whose forms may each take their whole deadline.
const SHRINKING_MS: u32 = 30_000;

async fn play(steps: Vec<Step>, options: Options) {
    let warehouse = Warehouse::new().await;
    let topic = Topic::new();
    let mut reader = topic.reader([0, 1]);
    let mut process = warehouse.start(reader.clone(), options.clone());
    for step in steps {
        match step {
            Step::Event { partition, call, event: n } => topic.append(partition, structured(&event(call, n))),
            Step::Sms { partition, message, event } => {
                topic.append(partition, structured(&sms_event(message, event)));
            }
            Step::Batch { partition, calls } => topic.append(partition, batch(&calls)),
            Step::Malformed { partition } => topic.append(partition, &b"{\"specversion\":"[..]),
            Step::UnknownAccount { partition } => {
                topic.append(partition, structured(&story("nobody", 0).ended()))
            }
            Step::Gap { partition, offsets } => topic.skip(partition, offsets),
            Step::Crash => {
                let other = warehouse.of_another_process().await;
                process.killed();
                reader = topic.reader([0, 1]);
                process = other.start(reader.clone(), options.clone());
            }
            Step::Restart => {
                process.stopped().await.expect("a graceful stop");
                reader = topic.reader([0, 1]);
                process = warehouse.start(reader.clone(), options.clone());
            }
            Step::Rebalance => {
                let other = warehouse.of_another_process().await;
                let next_reader = topic.reader([]);
                let next = other.start(next_reader.clone(), options.clone());
                for partition in [0, 1] {
                    reader.take_away(partition);
                    next_reader.give(partition);
                }
                process.stopped().await.expect("a graceful stop");
                (reader, process) = (next_reader, next);
            }
        }
    }
    let wanted = expected(&topic);
    warehouse.wait_for_seen(&process, &topic, &wanted).await;
    process.stopped().await.expect("a graceful stop");
    // A commit of a process that died may have come in late; what it fenced off is still in the log.
    warehouse.take_in(&topic, options).await;
    warehouse.assert_settled(&wanted).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 40,
        max_shrink_time: SHRINKING_MS,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_event_is_seen_once_whatever_happens(
        steps in proptest::collection::vec(step(), 1..60),
        flush_age_ms in select(vec![1_u64, 20, 3_600_000]),
        flush_rows in select(vec![1_usize, 10, 400_000]),
        open_records in select(vec![0_usize, 2, 1_000]),
        chunk_messages in select(vec![1_usize, 5, 1_000]),
    ) {
        let options = Options { flush_age_ms, flush_rows, open_records, chunk_messages, ..patient() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(steps, options));
    }
}
