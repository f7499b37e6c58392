//! Calls by id and by number: the lookup indexes of files change what is read and never what is answered (LAK-3). Text
//! messages: `sms_lookups.rs`.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::pretty::pretty_format_batches;
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::fold;
use callhouse_core::{CallRecord, KafkaPartition};
use callhouse_lake::rows::encode_calls;
use callhouse_lake::{CompactionOptions, Compactor, Flush, HotChunk, Table};
use callhouse_query::Scope;
use callhouse_testkit::events::CallStory;
use futures::TryStreamExt;
use proptest::prelude::*;

use crate::lake::{ACME, Lake, at, scope};

const HEADER: &str = "account,call_id,callid,started_at,status,direction,from_number,to_number\n";
const ROWS: usize = 2_400;

pub(crate) async fn ask(lake: &Lake, scope: &Scope, sql: &str) -> RecordBatch {
    let (schema, rows) = lake.engine.sql(scope, sql).await.expect("an answer");
    let rows: Vec<RecordBatch> = rows.try_collect().await.expect("rows");
    concat_batches(&schema, &rows).expect("one batch")
}

/// Calls of two accounts over three days. Numbers repeat, some are not known, and every fourth id is text.
fn rows(seed: u64) -> String {
    let pick = |n: usize, salt: u64| {
        let n = u64::try_from(n).expect("small").wrapping_add(seed.wrapping_mul(31)).wrapping_mul(salt);
        n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
    };
    let row = |n: usize| {
        let account = ["acme", "beta"][n % 2];
        let started = at("2026-03-01T00:00:00Z").plus_micros(i64::try_from(n).expect("small") * 100_000_000);
        let call_id = if n.is_multiple_of(4) { format!("sip-{n}") } else { n.to_string() };
        let number = |salt, of| match pick(n, salt) % of {
            0 => String::new(),
            number => format!("+3312345{number:04}"),
        };
        let (from, to) = (number(3, 400), number(7, 9));
        format!("{account},{call_id},{n},{},completed,inbound,{from},{to}\n", started.to_rfc3339())
    };
    let lines: String = (1..=ROWS).map(row).collect();
    format!("{HEADER}{lines}")
}

/// A question and one of the same meaning that no index can answer, because its columns are in expressions.
fn questions(numbers: &[u32]) -> Vec<(String, String)> {
    let number = |n: u32| format!("'+3312345{:04}'", n % 450);
    let mut questions = Vec::new();
    let mut ask = |indexed: String| {
        let plain = ["from_number", "to_number", "call_id"].iter().fold(indexed.clone(), |text, column| {
            text.replace(column, &format!("nullif(concat({column}, ''), '')"))
        });
        questions.push((indexed, plain.replace("callid", "(callid + 0)")));
    };
    for pair in numbers.windows(2) {
        let (one, other) = (number(pair[0]), number(pair[1]));
        ask(format!("from_number = {one}"));
        ask(format!("to_number IN ({one}, {other}, '+33123450003')"));
        ask(format!("from_number = {one} OR to_number = '+33123450005' OR callid = {}", pair[0] % 3_000));
        ask(format!("from_number IN ({one}, {other}) AND to_number = '+33123450004'"));
        ask(format!("from_number = {one} AND from_number = {other}"));
        ask(format!("callid = {}", pair[0] % 3_000));
        ask(format!("call_id = '{}' OR call_id = 'sip-{}'", pair[0] % 3_000, pair[1] % 3_000));
        ask(format!("call_id IN ('{}', 'sip-{}', NULL)", pair[1] % 3_000, pair[0] % 3_000));
        ask(format!("NOT from_number = {one} AND callid < 40"));
    }
    questions
}

async fn answers(lake: &Lake, questions: &[(String, String)]) -> Vec<String> {
    answers_of(lake, "calls", "call_id", questions).await
}

/// What is answered to each question, by index and without, which must be the same.
pub(crate) async fn answers_of(
    lake: &Lake,
    table: &str,
    id: &str,
    questions: &[(String, String)],
) -> Vec<String> {
    let mut answers = Vec::new();
    for scope in [Scope::All, scope(ACME)] {
        for (indexed, plain) in questions {
            let select = |filter| format!("SELECT * FROM {table} WHERE {filter} ORDER BY account, {id}");
            let with = ask(lake, &scope, &select(indexed)).await;
            let without = ask(lake, &scope, &select(plain)).await;
            assert_eq!(with, without, "{scope:?} {indexed}");
            answers.push(pretty_format_batches(&[with]).expect("printable").to_string());
        }
    }
    answers
}

/// Late and new rows of some calls, as they come from the log.
fn later(ids: impl Iterator<Item = usize>, phones: &mut PhoneBook) -> RecordBatch {
    let started = at("2026-03-02T00:00:00Z");
    let record = |n: usize| {
        let story = CallStory::new(["acme", "beta"][n % 2], &n.to_string(), started);
        let event = if n.is_multiple_of(3) { story.started() } else { story.rated() };
        fold(&event, phones).expect("an event about a call")
    };
    let mut records: Vec<CallRecord> = ids.map(record).collect();
    records.sort_by_key(|record| (record.account.to_string(), record.call_id.to_string()));
    encode_calls(&records).expect("rows")
}

pub(crate) fn range(from: i64, to: i64) -> OffsetRange {
    OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from, to }
}

async fn check(seed: u64, numbers: &[u32]) {
    let lake = Lake::empty().await;
    lake.clock.set(at("2026-06-01T00:00:00Z"));
    let mut phones = PhoneBook::with_capacity(100);
    let questions = questions(numbers);
    lake.settle(&rows(seed)).await;
    let settled = answers(&lake, &questions).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    compactor.compact_all(&|_| ()).await.expect("a compaction");
    assert_eq!(answers(&lake, &questions).await, settled, "three files became one");

    let recent = later((1..ROWS + 200).step_by(11), &mut phones);
    let file = lake.writer.write(Table::CallsRecent, None, &[recent]).expect("a file");
    lake.commit(vec![file], vec![range(0, 1)]).await;
    lake.hot.publish(HotChunk {
        range: range(1, 2),
        rows: vec![(Table::CallsRecent, later((5..ROWS + 100).step_by(13), &mut phones))],
        flush: Flush::default(),
    });
    let overlaid = answers(&lake, &questions).await;
    compactor.compact_all(&|_| ()).await.expect("a compaction");
    assert_eq!(answers(&lake, &questions).await, overlaid, "late rows were joined in");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_3_an_index_changes_no_answer(seed in any::<u32>(), numbers in prop::collection::vec(any::<u32>(), 2..4)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(check(u64::from(seed), &numbers));
    }
}

/// Least and greatest of each file let every id and number be in all of them.
#[tokio::test]
async fn only_files_that_may_have_it_are_opened() {
    let lake = Lake::empty().await;
    let row = |n: usize| {
        let day = 1 + n % 3;
        format!("acme,{n},{n},2026-03-0{day}T00:00:00Z,completed,inbound,+331{:08},+3240000000{day}\n", n / 2)
    };
    let lines: String = (1..=900).map(row).collect();
    lake.settle(&format!("{HEADER}{lines}")).await;
    for (filter, wanted) in [
        ("callid = 500", 1),
        ("call_id = '500'", 1),
        ("callid IN (500, 501)", 2),
        ("callid = 500 OR to_number = '+32400000001'", 2),
        ("callid = 500 AND to_number = '+32400000001'", 0),
        ("from_number = '+33100000200'", 2),
        ("from_number = '+33100000200' AND to_number = '+32400000002'", 1),
        ("from_number_raw = '+33100000200'", 3),
        ("true", 3),
    ] {
        let sql = format!("SELECT call_id FROM calls WHERE {filter}");
        let plan = lake.engine.explain(&Scope::All, &sql).await.expect("a plan");
        assert_eq!(plan.matches(".parquet").count(), wanted, "{filter}\n{plan}");
    }
}

const MANY: usize = 140_000;

/// A file of two row groups and many pages; the accounts meet in the middle of a page.
async fn many() -> Lake {
    let lake = Lake::empty().await;
    let row = |n: usize| {
        let started = at("2026-03-01T00:00:00Z").plus_micros(i64::try_from(n).expect("small") * 10_000_000);
        let (account, started) = (["acme", "beta"][n / 100_000], started.to_rfc3339());
        let from = if n.is_multiple_of(7) { String::new() } else { format!("+331{:08}", n % 20_000) };
        format!("{account},sip-{n},{n},{started},completed,inbound,{from},+3240000000{}\n", n % 10)
    };
    let lines: String = (0..MANY).map(row).collect();
    lake.settle_month(&format!("{HEADER}{lines}")).await;
    lake.heat(&format!("{HEADER}acme,sip-8191,8191,2026-03-01T00:00:00Z,failed,inbound,,\n"), 0);
    lake
}

/// An account's rows of a large file are read by their numbers, and no expression sees another one.
#[tokio::test]
async fn ten_1_the_rows_of_an_account_are_exactly_its_own() {
    let lake = many().await;
    for (account, calls, range) in [
        (ACME, 100_000, "| 0           | 99999 "),
        ("beta", 40_000, "| 100000      | 139999 "),
        ("gamma", 0, "|"),
    ] {
        let all = "SELECT count(DISTINCT callid), min(callid), max(callid), count(*) FROM calls";
        let plan = lake.engine.explain(&scope(account), all).await.expect("a plan");
        assert!(!plan.contains("predicate=account"), "{plan}");
        let shown = pretty_format_batches(&[ask(&lake, &scope(account), all).await]).expect("printable");
        let shown = shown.to_string();
        let cells = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(cells(&shown).contains(&cells(&format!("| {calls} {range}"))), "{shown}");
        // Fails on every row of another account.
        let tells = format!(
            "SELECT count(*) FROM calls WHERE CAST(CASE WHEN account = '{account}' THEN '1' ELSE account END AS INT) = 1"
        );
        let shown = pretty_format_batches(&[ask(&lake, &scope(account), &tells).await]).expect("printable");
        assert!(shown.to_string().contains(&format!("| {calls} ")), "{account}: {shown}");
    }
    let both = Scope::Accounts(
        vec![ACME, "beta"]
            .into_iter()
            .map(|name| callhouse_core::AccountId::new(name).expect("a name"))
            .collect(),
    );
    let counted = ask(&lake, &both, "SELECT account, count(*) FROM calls GROUP BY 1 ORDER BY 1").await;
    let shown = pretty_format_batches(&[counted]).expect("printable").to_string();
    assert!(shown.contains("100000") && shown.contains("40000"), "{shown}");
}

/// Rows at both ends and in the middle, some of them next to each other.
#[tokio::test]
async fn lak_3_rows_of_many_pages_and_row_groups_are_those_of_a_scan() {
    let lake = many().await;
    let ids = [0, 255, 256, 8_190, 8_191, 8_192, 70_000, 99_999, 100_000, 131_071, 131_072, 139_999];
    let ids = ids.map(|id| id.to_string()).join(", ");
    for scope in [Scope::All, scope(ACME), scope("beta")] {
        for (indexed, plain) in [
            (format!("callid IN ({ids})"), format!("(callid + 0) IN ({ids})")),
            (
                "from_number = '+33100001234'".to_owned(),
                "nullif(concat(from_number, ''), '') = '+33100001234'".to_owned(),
            ),
        ] {
            for columns in ["*", "status, call_id, account", "count(*)", "to_number"] {
                let order = if columns == "count(*)" { "1" } else { "account, callid" };
                let sql = |filter| format!("SELECT {columns} FROM calls WHERE {filter} ORDER BY {order}");
                let plan = lake.engine.explain(&scope, &sql(&indexed)).await.expect("a plan");
                assert!(plan.contains("RowsExec"), "{plan}");
                let scanned = lake.engine.explain(&scope, &sql(&plain)).await.expect("a plan");
                assert!(!scanned.contains("RowsExec"), "{scanned}");
                let (with, without) =
                    (ask(&lake, &scope, &sql(&indexed)).await, ask(&lake, &scope, &sql(&plain)).await);
                assert!(with.num_rows() > 0, "{scope:?} {indexed}");
                assert_eq!(with, without, "{scope:?} {indexed} {columns}");
            }
        }
    }
}
