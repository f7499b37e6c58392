//! The Kafka log against a real broker (`tests/kafka/install`).

#[path = "support/recorder.rs"]
mod recorder;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use callhouse_log::{
    Append, Appender, Error, KafkaAppender, KafkaLog, KafkaSettings, Log, OnHole, PartitionOwner,
};
use callhouse_testkit::kafka::{self, Broker};
use callhouse_testkit::poll_until;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use recorder::{DEADLINE, Happened, Recorder, Running, Shared};
use tokio_util::sync::CancellationToken;

/// A topic of its own on the shared broker.
struct Topic {
    broker: &'static Broker,
    name: String,
}

impl Topic {
    /// `None` when there is no broker to test with.
    fn new(partitions: i32) -> Option<Self> {
        let broker = kafka::shared()?;
        let name = kafka::unique("log");
        broker.create_topic(&name, partitions, &[]);
        Some(Self { broker, name })
    }

    fn partition(&self, number: i32) -> KafkaPartition {
        KafkaPartition::new(self.name.as_str(), number)
    }

    fn settings(&self, extra: &[(&str, &str)]) -> KafkaSettings {
        KafkaSettings {
            brokers: self.broker.address(),
            topics: vec![self.name.clone()],
            group_id: format!("group-{}", self.name),
            extra: extra.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn log(&self) -> Arc<KafkaLog> {
        Arc::new(KafkaLog::new(self.settings(&[])).expect("settings"))
    }

    fn appender(&self) -> KafkaAppender {
        KafkaAppender::new(&self.settings(&[]), &self.name).expect("settings")
    }

    /// Appends messages `key:number` with the numbers of the range.
    async fn append(&self, key: &str, numbers: std::ops::Range<usize>) {
        let messages = numbers.map(|number| message(key, number)).collect();
        self.appender().append(messages).await.expect("appended");
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.broker.address());
        config
    }

    /// Has the broker remove everything of partition 0 below an offset, as retention does.
    async fn delete_below(&self, offset: i64) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("a client");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.name, 0, Offset::Offset(offset)).expect("an offset");
        admin.delete_records(&list, &AdminOptions::new()).await.expect("deleted");
    }
}

fn message(key: &str, number: usize) -> Append {
    let payload = Bytes::from(format!("{key}:{number}"));
    Append { key: key.into(), headers: vec![("h".into(), key.as_bytes().into())], payload }
}

fn texts(messages: &[callhouse_log::Message]) -> Vec<String> {
    messages.iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned()).collect()
}

fn stopped_with(owner: &Recorder, text: &str) -> bool {
    let is_it = |happened: &Happened| matches!(happened, Happened::Stopped(_, _, why) if why.contains(text));
    owner.history().iter().any(is_it)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_key_stay_in_one_partition_and_in_order() {
    let Some(topic) = Topic::new(3) else { return };
    let keys: Vec<String> = (0..30).map(|key| format!("acme/{key}")).collect();
    let of_key = |key: &String| (0..20).map(|number| message(key, number)).collect::<Vec<_>>();
    topic.appender().append(keys.iter().flat_map(of_key).collect()).await.expect("appended");

    let log = topic.log();
    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    poll_until(DEADLINE, || async { log.lag().await.expect("lag").len() == 3 }).await;
    let mut seen: HashMap<String, Vec<String>> = HashMap::new();
    for lag in log.lag().await.expect("lag") {
        let messages = owner.read_to(&lag.kafka_partition, lag.high_watermark).await;
        let mut in_partition: HashMap<String, Vec<String>> = HashMap::new();
        for message in messages {
            let (name, key) = &message.headers[0];
            assert_eq!(&**name, "h");
            let key = String::from_utf8_lossy(key).into_owned();
            let text = String::from_utf8_lossy(&message.payload).into_owned();
            in_partition.entry(key).or_default().push(text);
        }
        for (key, texts) in in_partition {
            assert!(seen.insert(key, texts).is_none(), "a key in two partitions");
        }
    }
    running.stop().await.expect("ends well");
    for key in keys {
        let expected: Vec<_> = (0..20).map(|number| format!("{key}:{number}")).collect();
        assert_eq!(seen.remove(&key), Some(expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ing_2_reading_starts_at_the_owners_position_and_not_at_kafkas() {
    let Some(topic) = Topic::new(1) else { return };
    topic.append("k", 0..10).await;
    let log = topic.log();
    let position = topic.partition(0);
    // Kafka is told 9; the owner has 4.
    let first = Arc::new(Recorder::new("first", Arc::default()));
    let running = Running::start(&log, &first);
    first.read_to(&position, 10).await;
    log.committed(&OffsetRange { kafka_partition: position.clone(), from: 0, to: 9 }).await.expect("told");
    let committed = || async {
        let mut config = topic.config();
        config.set("group.id", topic.settings(&[]).group_id);
        let consumer: BaseConsumer = config.create().expect("a client");
        let mut list = TopicPartitionList::new();
        list.add_partition(&topic.name, 0);
        let list = consumer.committed_offsets(list, Duration::from_secs(10)).expect("an answer");
        list.find_partition(&topic.name, 0).map(|found| found.offset()) == Some(Offset::Offset(9))
    };
    poll_until(DEADLINE, committed).await;
    running.stop().await.expect("ends well");

    let second = Arc::new(Recorder::alone().at(&position, 4));
    let running = Running::start(&log, &second);
    let messages = second.read_to(&position, 10).await;
    running.stop().await.expect("ends well");
    assert_eq!(texts(&messages), (4..10).map(|number| format!("k:{number}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_get_over_aborted_transactions_also_at_the_end() {
    let Some(topic) = Topic::new(1) else { return };
    let mut config = topic.config();
    config.set("transactional.id", &topic.name);
    let producer: BaseProducer = config.create().expect("a producer");
    let timeout = Duration::from_secs(30);
    let send = |texts: &[&str]| {
        producer.begin_transaction().expect("begun");
        for text in texts {
            producer.send(BaseRecord::<(), str>::to(&topic.name).payload(text)).expect("queued");
        }
        producer.flush(timeout).expect("sent");
    };
    producer.init_transactions(timeout).expect("ready");
    send(&["a", "b"]); // offsets 0 1, marker 2
    producer.commit_transaction(timeout).expect("committed");
    send(&["lost"]); // offset 3, marker 4
    producer.abort_transaction(timeout).expect("aborted");
    send(&["c"]); // offset 5, marker 6
    producer.commit_transaction(timeout).expect("committed");
    send(&["lost", "lost"]); // offsets 7 8, marker 9
    producer.abort_transaction(timeout).expect("aborted");

    let log = topic.log();
    let owner = Arc::new(Recorder::alone());
    let running = Running::start(&log, &owner);
    let messages = owner.read_to(&topic.partition(0), 10).await;
    assert_eq!(texts(&messages), ["a", "b", "c"]);
    let offsets: Vec<_> = messages.iter().map(|message| message.offset).collect();
    assert_eq!(offsets, [0, 1, 5]);
    topic.append("k", 0..1).await;
    assert_eq!(texts(&owner.read_to(&topic.partition(0), 11).await), ["k:0"]);
    running.stop().await.expect("ends well");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_took_stops_the_partition_or_is_told_as_a_hole() {
    let Some(topic) = Topic::new(1) else { return };
    topic.append("k", 0..10).await;
    topic.delete_below(6).await;
    let partition = topic.partition(0);

    let strict = Arc::new(Recorder::alone().at(&partition, 2));
    let running = Running::start(&topic.log(), &strict);
    poll_until(DEADLINE, || async { stopped_with(&strict, "begins at offset 6, the lake wants offset 2") })
        .await;
    running.stop().await.expect("the log itself goes on");
    assert!(matches!(strict.history().last(), Some(Happened::Revoked(..))));

    let skipping = Arc::new(Recorder { on_hole: OnHole::Skip, ..Recorder::alone().at(&partition, 2) });
    let running = Running::start(&topic.log(), &skipping);
    let batch = skipping.next_batch(&partition).await.expect("a batch");
    let messages = skipping.read_to(&partition, 10).await;
    running.stop().await.expect("ends well");
    let hole = OffsetRange { kafka_partition: partition.clone(), from: 2, to: 6 };
    assert_eq!((batch.from, batch.hole), (2, Some(hole)));
    assert_eq!(messages[0].offset, 6);

    let new = Arc::new(Recorder::new("new", Arc::default()));
    let running = Running::start(&topic.log(), &new);
    let batch = new.next_batch(&partition).await.expect("a batch");
    running.stop().await.expect("ends well");
    assert_eq!((batch.from, batch.hole), (6, None), "who never read has nothing missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_overtaking_a_slow_reader_is_a_hole_too() {
    retention_overtakes(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_overtaking_a_slow_reader_is_a_hole_too_with_range_assignment() {
    retention_overtakes(&[("partition.assignment.strategy", "range")]).await;
}

async fn retention_overtakes(extra: &[(&str, &str)]) {
    let Some(topic) = Topic::new(1) else { return };
    let partition = topic.partition(0);
    topic.append("k", 0..60_000).await;
    let log = Arc::new(KafkaLog::new(topic.settings(extra)).expect("settings"));
    let owner =
        Arc::new(Recorder { capacity: 1, on_hole: OnHole::Skip, ..Recorder::new("slow", Arc::default()) });
    let running = Running::start(&log, &owner);
    let first = owner.next_batch(&partition).await.expect("a batch");
    assert!(first.to < 20_000);
    // Time to find the channel full and to pause; if it has not, there is no hole and the test says so.
    tokio::time::sleep(Duration::from_secs(1)).await;
    topic.delete_below(59_000).await;

    let mut holes = Vec::new();
    let mut messages = first.messages.len();
    while owner.position(&partition) < Some(60_000) {
        let batch = owner.next_batch(&partition).await;
        let batch = batch.unwrap_or_else(|| panic!("no batch: {:?}", owner.history()));
        messages += batch.messages.len();
        holes.extend(batch.hole);
    }
    running.stop().await.expect("ends well");
    assert_eq!(holes.len(), 1, "{holes:?}");
    assert_eq!(holes[0].to, 59_000);
    let lost = usize::try_from(holes[0].to - holes[0].from).expect("a hole has a size");
    assert_eq!(messages + lost, 60_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_owner_holds_back_its_partition_and_no_other() {
    let Some(topic) = Topic::new(2) else { return };
    let appender = topic.appender();
    for chunk in 0..20 {
        let numbers = chunk * 2_000..(chunk + 1) * 2_000;
        appender
            .append(numbers.map(|n| message(&format!("k{}", n % 8), n)).collect())
            .await
            .expect("appended");
    }
    let log = topic.log();
    let owner = Arc::new(Recorder { capacity: 1, ..Recorder::new("slow", Arc::default()) });
    let running = Running::start(&log, &owner);
    poll_until(DEADLINE, || async { log.lag().await.expect("lag").len() == 2 }).await;
    let ends: BTreeMap<i32, i64> = log
        .lag()
        .await
        .expect("lag")
        .into_iter()
        .map(|lag| (lag.kafka_partition.partition, lag.high_watermark))
        .collect();
    assert_eq!(ends.values().sum::<i64>(), 40_000);
    assert!(ends.values().all(|end| *end > 5_000), "{ends:?}");

    let mut messages = owner.read_to(&topic.partition(0), ends[&0]).await;
    messages.extend(owner.read_to(&topic.partition(1), ends[&1]).await);
    running.stop().await.expect("ends well");
    let mut numbers: Vec<usize> = texts(&messages)
        .iter()
        .map(|text| text.split_once(':').expect("k:n").1.parse().expect("n"))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_beyond_the_end_stops_the_partition_with_a_clear_error() {
    let Some(topic) = Topic::new(1) else { return };
    topic.append("k", 0..3).await;
    let owner = Arc::new(Recorder::alone().at(&topic.partition(0), 100));
    let running = Running::start(&topic.log(), &owner);
    poll_until(DEADLINE, || async {
        stopped_with(&owner, "up to offset 100, but that log ends at offset 3")
    })
    .await;
    running.stop().await.expect("the log itself goes on");
}

/// Two members of one group: a partition is given to the second only after the first has let go of it.
async fn revoke_before_assign(topic: &Topic, extra: &[(&str, &str)]) {
    let shared = Arc::new(Shared::default());
    let member = |name| {
        let log = Arc::new(KafkaLog::new(topic.settings(extra)).expect("settings"));
        let revoke_takes = Duration::from_millis(700);
        let owner = Arc::new(Recorder { revoke_takes, ..Recorder::new(name, Arc::clone(&shared)) });
        Running::start(&log, &owner)
    };
    let assigned_to = |name: &'static str| {
        let history = shared.history.lock();
        history
            .iter()
            .filter(|happened| matches!(happened, Happened::Assigned(who, _) if *who == name))
            .count()
    };
    let first = member("first");
    poll_until(DEADLINE, || async { assigned_to("first") == 4 }).await;
    let second = member("second");
    poll_until(DEADLINE, || async { assigned_to("second") >= 2 }).await;
    first.stop().await.expect("ends well");
    poll_until(DEADLINE, || async { held(&shared.history.lock(), "second") == 4 }).await;
    second.stop().await.expect("ends well");
    assert_eq!(held(&shared.history.lock(), "second"), 0);

    let mut holders: HashMap<KafkaPartition, &str> = HashMap::new();
    for happened in shared.history.lock().iter() {
        match happened {
            Happened::Assigned(who, partition) => {
                assert_eq!(holders.insert(partition.clone(), who), None, "{partition} has two owners");
            }
            Happened::Revoked(who, partition) => assert_eq!(holders.remove(partition), Some(*who)),
            Happened::Revoking(..) => {}
            Happened::Stopped(_, partition, why) => panic!("{partition} stopped: {why}"),
        }
    }
}

/// Partitions an owner holds at the end of the history.
fn held(history: &[Happened], name: &str) -> usize {
    let count = |wanted: fn(&Happened) -> Option<&'static str>| {
        history.iter().filter(|happened| wanted(happened) == Some(name)).count()
    };
    let assigned = count(|happened| match happened {
        Happened::Assigned(who, _) => Some(who),
        _ => None,
    });
    let revoked = count(|happened| match happened {
        Happened::Revoked(who, _) => Some(who),
        _ => None,
    });
    assigned - revoked
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_let_go_before_another_member_gets_it() {
    let Some(topic) = Topic::new(4) else { return };
    revoke_before_assign(&topic, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_let_go_before_another_member_gets_it_with_range_assignment() {
    let Some(topic) = Topic::new(4) else { return };
    revoke_before_assign(&topic, &[("partition.assignment.strategy", "range")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_positions_ends_the_reading() {
    let Some(topic) = Topic::new(2) else { return };
    let owner = Arc::new(Recorder { knows_positions: false, ..Recorder::alone() });
    let ended = Running::start(&topic.log(), &owner).ended().await;
    assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
    assert_eq!(owner.history(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drops_the_reading_ends_it() {
    let Some(topic) = Topic::new(1) else { return };
    let (log, owner) = (topic.log(), Arc::new(Recorder::alone()));
    let held = || async { held(&owner.history(), "only") == 1 };
    let reading = log.run(Arc::clone(&owner) as Arc<dyn PartitionOwner>, CancellationToken::new());
    tokio::select! {
        ended = reading => panic!("{ended:?}"),
        () = poll_until(DEADLINE, held) => {}
    }
    poll_until(DEADLINE, || async { !held().await }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so() {
    // Nobody listens there, so nothing leaves the queue.
    let settings = KafkaSettings {
        brokers: "127.0.0.1:1".to_owned(),
        extra: BTreeMap::from([
            ("queue.buffering.max.messages".to_owned(), "10".to_owned()),
            ("message.timeout.ms".to_owned(), "1000".to_owned()),
        ]),
        ..KafkaSettings::default()
    };
    let appender = KafkaAppender::new(&settings, "t").expect("settings");
    let refused = appender.append((0..11).map(|number| message("k", number)).collect()).await;
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
    let appender = KafkaAppender::new(&settings, "t").expect("settings");
    let undelivered = appender.append(vec![message("k", 0)]).await;
    assert!(matches!(undelivered, Err(Error::Kafka { operation: "append", .. })), "{undelivered:?}");
}

#[test]
fn sec_1_settings_do_not_print_secrets_and_are_checked() {
    let extra = BTreeMap::from([("sasl.password".to_owned(), "hush".to_owned())]);
    let settings = KafkaSettings { group_id: "g".to_owned(), extra, ..KafkaSettings::default() };
    let printed = format!("{settings:?}");
    assert!(printed.contains("sasl.password") && !printed.contains("hush"), "{printed}");
    assert!(KafkaLog::new(settings).is_ok());

    let extra = BTreeMap::from([("no.such.property".to_owned(), "1".to_owned())]);
    let refused = KafkaLog::new(KafkaSettings { extra, ..KafkaSettings::default() });
    assert!(matches!(refused, Err(Error::Kafka { operation: "configuration", .. })));
}
