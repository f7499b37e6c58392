//! Text messages by id, hash and number: as calls (`lookups.rs`), in files with a lookup index and in those without that
//! were written at first.

use arrow::array::RecordBatch;
use callhouse_core::phone::PhoneBook;
use callhouse_core::record::fold;
use callhouse_core::{AccountId, SmsRecord};
use callhouse_lake::rows::encode_sms;
use callhouse_lake::{CompactionOptions, Compactor, Flush, HotChunk, Table};
use callhouse_query::{Params, Scope};
use callhouse_testkit::events::SmsStory;
use proptest::prelude::*;

use crate::lake::{ACME, Lake, at, scope};
use crate::lookups::{answers_of, ask, range};

const HEADER: &str = "account,sms_id,hash,created_at,status,from_number,to_number\n";
const ROWS: usize = 2_400;

fn account(n: usize) -> &'static str {
    ["acme", "beta"][n % 2]
}

/// Three in four ids are of the form of a hash, and then are the hash of their message.
fn sms_id(n: usize) -> String {
    if n.is_multiple_of(4) { format!("sms-{n}") } else { format!("{:08X}", 0xA000_0000 + n) }
}

fn hash(n: usize) -> String {
    hash_in(account(n), n)
}

fn hash_in(account: &str, n: usize) -> String {
    let account = AccountId::new(account).expect("an account name");
    SmsRecord::empty(account, sms_id(n).into(), at("2026-03-01T00:00:00Z")).hash()
}

/// Messages of two accounts over three days. Numbers repeat, some are not known.
fn rows(seed: usize) -> String {
    let row = |n: usize| {
        let created = at("2026-03-01T00:00:00Z").plus_micros(i64::try_from(n).expect("small") * 100_000_000);
        let number = |salt, of| match (n.wrapping_add(seed)).wrapping_mul(salt) % of {
            0 => String::new(),
            number => format!("+3372345{number:04}"),
        };
        let (from, to) = (number(6_700_417, 400), number(2_147_483_647, 9));
        let (account, sms_id, hash, created) = (account(n), sms_id(n), hash(n), created.to_rfc3339());
        format!("{account},{sms_id},{hash},{created},SENT,{from},{to}\n")
    };
    let lines: String = (1..=ROWS).map(row).collect();
    format!("{HEADER}{lines}")
}

/// A question and one of the same meaning that no index can answer, because its columns are in expressions.
fn questions(numbers: &[usize]) -> Vec<(String, String)> {
    let mut questions = Vec::new();
    let mut ask = |indexed: String| {
        let columns = ["from_number", "to_number", "sms_id", "hash"];
        let plain = columns.iter().fold(indexed.clone(), |text, column| {
            text.replace(column, &format!("nullif(concat({column}, ''), '')"))
        });
        questions.push((indexed, plain));
    };
    for pair in numbers.windows(2) {
        let (one, other) = (pair[0] % 3_000, pair[1] % 3_000);
        let number = |n: usize| format!("'+3372345{:04}'", n % 450);
        ask(format!("hash = '{}'", hash(one)));
        ask(format!("hash IN ('{}', '{}', NULL)", hash(one), sms_id(other)));
        ask(format!("sms_id = '{}'", sms_id(one)));
        ask(format!("sms_id = '{}' OR hash = '{}'", hash(one), hash(other)));
        ask(format!("sms_id IN ('{}', '{}') AND hash <> '{}'", sms_id(one), sms_id(4 * other), hash(one)));
        ask(format!("from_number = {} OR to_number = '+33723450005'", number(one)));
        ask(format!("from_number IN ({}, {}) AND to_number = '+33723450004'", number(one), number(other)));
        ask(format!("NOT hash = '{}' AND from_number = {}", hash(one), number(other)));
    }
    questions
}

async fn answers(lake: &Lake, questions: &[(String, String)]) -> Vec<String> {
    answers_of(lake, "sms", "sms_id", questions).await
}

/// Late and new rows of some messages, as they come from the log.
fn later(ids: impl Iterator<Item = usize>, phones: &mut PhoneBook) -> RecordBatch {
    let created = at("2026-03-02T00:00:00Z");
    let record = |n: usize| {
        let story = SmsStory::new(account(n), &sms_id(n), created);
        let event = if n.is_multiple_of(3) { story.created() } else { story.rated() };
        fold(&event, phones).expect("an event about a message")
    };
    let mut records: Vec<SmsRecord> = ids.map(record).collect();
    records.sort_by_key(|record| (record.account.to_string(), record.sms_id.to_string()));
    encode_sms(&records).expect("rows")
}

/// Makes readers find no index in the first files of messages: files written before there was one name none in their
/// footer.
async fn forget_indexes(lake: &Lake, files: usize) {
    let snapshot = lake.catalog.snapshot().await.expect("a snapshot");
    for file in snapshot.files[&Table::Sms].iter().take(files) {
        let path = lake.catalog.folder().file_path(Table::Sms, &file.path);
        let mut bytes = std::fs::read(&path).expect("the file");
        let name = b"callhouse.lookup.1";
        let named = bytes.windows(name.len()).position(|window| window == name).expect("has an index");
        bytes[named + name.len() - 1] = b'0';
        std::fs::write(&path, bytes).expect("written");
    }
}

async fn check(seed: usize, numbers: &[usize]) {
    let lake = Lake::empty().await;
    lake.clock.set(at("2026-06-01T00:00:00Z"));
    let mut phones = PhoneBook::with_capacity(100);
    let questions = questions(numbers);
    lake.settle_into(Table::Sms, &rows(seed)).await;
    forget_indexes(&lake, 1).await;
    let settled = answers(&lake, &questions).await;
    let compactor = Compactor::new(lake.catalog.clone(), CompactionOptions::default());
    compactor.compact_all(&|_| ()).await.expect("a compaction");
    assert_eq!(
        answers(&lake, &questions).await,
        settled,
        "three files, one of them without an index, became one"
    );

    let recent = later((1..ROWS + 200).step_by(11), &mut phones);
    let file = lake.writer.write(Table::SmsRecent, None, &[recent]).expect("a file");
    lake.commit(vec![file], vec![range(0, 1)]).await;
    lake.hot.publish(HotChunk {
        range: range(1, 2),
        rows: vec![(Table::SmsRecent, later((5..ROWS + 100).step_by(13), &mut phones))],
        flush: Flush::default(),
    });
    let overlaid = answers(&lake, &questions).await;
    compactor.compact_all(&|_| ()).await.expect("a compaction");
    assert_eq!(answers(&lake, &questions).await, overlaid, "late rows were joined in");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lak_3_an_index_changes_no_answer(seed in any::<u16>(), numbers in prop::collection::vec(0..100_000_usize, 2..4)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(check(usize::from(seed), &numbers));
    }
}

/// Messages of one account in three files. Least and greatest of each let every id, hash and number be in all of them.
async fn three_files() -> Lake {
    let lake = Lake::empty().await;
    let row = |n: usize| {
        let (sms_id, hash, day) = (sms_id(n), hash_in(ACME, n), 1 + n % 3);
        let from = format!("+337{:08}", n / 2);
        format!("acme,{sms_id},{hash},2026-03-0{day}T00:00:00Z,SENT,{from},+3240000000{day}\n")
    };
    let lines: String = (1..=900).map(row).collect();
    lake.settle_into(Table::Sms, &format!("{HEADER}{lines}")).await;
    lake
}

/// Asks SQL of all accounts; how many files its plan reads, whether only rows that an index names, and how many rows it
/// answers.
async fn read(lake: &Lake, filter: &str) -> (usize, bool, usize) {
    let sql = format!("SELECT sms_id FROM sms WHERE {filter}");
    let plan = lake.engine.explain(&Scope::All, &sql).await.expect("a plan");
    let answer = ask(lake, &Scope::All, &sql).await;
    (files(&plan), plan.contains("RowsExec"), answer.num_rows())
}

fn files(plan: &str) -> usize {
    plan.matches(".parquet").count()
}

#[tokio::test]
async fn only_files_that_may_have_it_are_opened() {
    let lake = three_files().await;
    for (filter, files, rows) in [
        (format!("hash = '{}'", hash_in(ACME, 501)), 1, 1),
        (format!("hash = '{}'", hash_in(ACME, 500)), 1, 1),
        ("sms_id = 'sms-500'".to_owned(), 1, 1),
        (format!("sms_id = '{}'", sms_id(501)), 1, 1),
        (format!("sms_id IN ('sms-500', '{}')", sms_id(501)), 2, 2),
        (format!("hash = '{}' OR to_number = '+32400000001'", hash_in(ACME, 500)), 2, 301),
        (format!("hash = '{}' AND to_number = '+32400000001'", hash_in(ACME, 500)), 0, 0),
        ("hash = 'ZZZZZZZZ'".to_owned(), 0, 0),
        ("from_number = '+33700000200'".to_owned(), 2, 2),
        ("from_number = '+33700000200' AND to_number = '+32400000002'".to_owned(), 1, 1),
    ] {
        assert_eq!(read(&lake, &filter).await, (files, files > 0, rows), "{filter}");
    }
    assert_eq!(read(&lake, "from_number_raw = '+33700000200'").await, (3, false, 0));
}

#[tokio::test]
async fn messages_are_got_and_searched_by_index() {
    let lake = three_files().await;
    for (query, param, value, wanted) in [
        ("sms_get", "hash", hash_in(ACME, 500), 1),
        ("sms_search", "hash", hash_in(ACME, 501), 1),
        ("sms_search", "sms_id", sms_id(500), 1),
        ("sms_search", "from_number", "+33700000200".to_owned(), 2),
        ("sms_search", "to_number", "+32400000002".to_owned(), 1),
    ] {
        let params = Params::from([(param.to_owned(), value.into())]);
        let plan = lake.engine.explain_named(&scope(ACME), query, &params).await.expect("a plan");
        assert!(plan.contains("RowsExec") && files(&plan) == wanted, "{query} by {param}\n{plan}");
    }
}

#[tokio::test]
async fn files_without_an_index_are_read_as_they_were() {
    let lake = three_files().await;
    forget_indexes(&lake, 2).await;
    // It is in the first file, and the third one's index says that it has nothing of it.
    let filter = format!("hash = '{}' OR sms_id = 'no'", hash_in(ACME, 501));
    assert_eq!(read(&lake, &filter).await, (2, true, 1));

    let lake = three_files().await;
    forget_indexes(&lake, 3).await;
    assert_eq!(read(&lake, &filter).await, (3, false, 1));
}

/// Rows of both accounts are in the block that an index names.
#[tokio::test]
async fn ten_1_expressions_see_no_message_of_another_account() {
    let lake = Lake::empty().await;
    lake.settle_into(Table::Sms, &rows(1)).await;
    let (own, other) = (sms_id(100), sms_id(101));
    let sql = format!(
        "SELECT sms_id FROM sms WHERE sms_id IN ('{own}', '{other}') AND 1 / (CASE WHEN sms_id = '{other}' THEN 0 ELSE 1 END) = 1"
    );
    let plan = lake.engine.explain(&scope(ACME), &sql).await.expect("a plan");
    assert!(plan.contains("RowsExec"), "{plan}");
    assert_eq!(ask(&lake, &scope(ACME), &sql).await.num_rows(), 1);
}
