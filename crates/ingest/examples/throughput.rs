//! Events per second from JSON in memory to durable files and a commit: `cargo run --release -p callhouse-ingest
//! --example throughput -- [events] [partitions]`. The log is a list in memory; all else is what ships.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use callhouse_core::position::OffsetRange;
use callhouse_core::{AccountId, KafkaPartition, Timestamp};
use callhouse_ingest::{Ingest, Options};
use callhouse_lake::accounts::{AccountDirectory, Accounts};
use callhouse_lake::clock::SystemClock;
use callhouse_lake::{Catalog, DataFolder, HotRows};
use callhouse_log::message::Headers;
use callhouse_log::{Error, Log, LogBatch, Message, PartitionLag, PartitionOwner};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

const ACCOUNTS: usize = 20;
const BATCH_MESSAGES: usize = 4_096;
/// 2026-11-01T00:00:00Z.
const BASE_SECONDS: i64 = 1_793_491_200;

/// Partitions with their batches, handed out once.
struct MemoryLog(Mutex<Vec<(KafkaPartition, Vec<LogBatch>)>>);

#[async_trait]
impl Log for MemoryLog {
    async fn run(&self, owner: Arc<dyn PartitionOwner>, _stop: CancellationToken) -> Result<(), Error> {
        let partitions = std::mem::take(&mut *self.0.lock());
        let feed = partitions.into_iter().map(|(kafka_partition, batches)| {
            let owner = Arc::clone(&owner);
            async move {
                let assignment = owner.assigned(&kafka_partition).await?;
                for batch in batches {
                    assignment.batches.send(batch).await.map_err(|_receiver_gone| Error::Closed)?;
                }
                drop(assignment);
                owner.revoked(&kafka_partition).await;
                Ok(())
            }
        });
        futures::future::try_join_all(feed).await.map(drop)
    }

    async fn committed(&self, _range: &OffsetRange) -> Result<(), Error> {
        Ok(())
    }

    async fn lag(&self) -> Result<Vec<PartitionLag>, Error> {
        Ok(Vec::new())
    }
}

fn at(seconds: i64) -> String {
    Timestamp::from_seconds(BASE_SECONDS + seconds).to_rfc3339()
}

/// One of the four events of a call, as a switch would send it.
fn event(number: usize) -> String {
    let (call, step) = (number / 4, number % 4);
    let (from, to) = (100_000_000 + call * 7_919 % 900_000_000, 200_000_000 + call * 104_729 % 700_000_000);
    let second = i64::try_from(call % 2_000_000).unwrap_or(0);
    let (event_type, time, data) = match step {
        0 => (
            "call.started",
            at(second),
            format!(
                r#"{{"started_at":"{}","direction":"outbound","from":"+33{from}","to":"+1415{}","trunk":"paris-{}"}}"#,
                at(second),
                2_000_000 + to % 7_000_000,
                call % 8
            ),
        ),
        1 => ("call.answered", at(second + 5), format!(r#"{{"answered_at":"{}"}}"#, at(second + 5))),
        2 => (
            "call.ended",
            at(second + 65),
            format!(
                r#"{{"ended_at":"{}","release_cause":16,"release_source":"caller","dial_status":"ANSWER","sip_status":200}}"#,
                at(second + 65)
            ),
        ),
        _ => (
            "call.rated",
            at(second + 66),
            format!(
                r#"{{"rated_at":"{}","currency":"EUR","debit":"0.{:06}","billed_seconds":60}}"#,
                at(second + 66),
                call % 1_000_000
            ),
        ),
    };
    format!(
        r#"{{"specversion":"1.0","id":"{call}-{step}","source":"switch-{}","type":"{event_type}","time":"{time}","subject":"c{call:016x}","account":"account-{}","data":{data}}}"#,
        call % 4,
        call % ACCOUNTS
    )
}

fn log_of(events: usize, partitions: usize) -> (MemoryLog, usize) {
    let received_at = Timestamp::from_seconds(BASE_SECONDS + 3_000_000);
    let mut bytes = 0;
    let mut messages: Vec<Vec<Message>> = vec![Vec::new(); partitions];
    for number in 0..events {
        let of_partition = &mut messages[number / 4 % partitions];
        let payload = Bytes::from(event(number));
        bytes += payload.len();
        let offset = i64::try_from(of_partition.len()).unwrap_or(i64::MAX);
        of_partition.push(Message { offset, received_at, headers: Headers::default(), payload });
    }
    let with_batches = |(number, messages): (i32, Vec<Message>)| {
        let kafka_partition = KafkaPartition::new("calls", number);
        let batches = messages.chunks(BATCH_MESSAGES).map(|messages| LogBatch {
            kafka_partition: kafka_partition.clone(),
            from: messages.first().map_or(0, |message| message.offset),
            to: messages.last().map_or(0, |message| message.offset + 1),
            messages: messages.to_vec(),
            hole: None,
        });
        (kafka_partition.clone(), batches.collect())
    };
    (MemoryLog(Mutex::new((0..).zip(messages).map(with_batches).collect())), bytes)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the measurement is what this program is for")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let events: usize = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let partitions: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let catalog = Catalog::open(DataFolder::new(folder.path()), Arc::new(SystemClock)).await?;
    let accounts = Accounts::new(catalog.clone());
    for number in 0..ACCOUNTS {
        accounts.create(&AccountId::new(&format!("account-{number}"))?, None).await?;
    }
    let (log, bytes) = log_of(events, partitions.max(1));
    println!("{events} events, {} MB of JSON, {partitions} partitions", bytes / 1_000_000);

    let directory = AccountDirectory::new(accounts);
    let ingest = Ingest::new(catalog, HotRows::default(), directory, Options::default());
    let started = Instant::now();
    let summary = ingest.run(Arc::new(log), CancellationToken::new()).await?;
    let seconds = started.elapsed().as_secs_f64();
    let per_second = f64::from(u32::try_from(events)?) / seconds;
    println!("{summary:?}");
    println!("{seconds:.2} s, {per_second:.0} events/s");
    Ok(())
}
