//! The lake read by DuckDB's own DuckLake extension (`tests/interop`): the same answers as from the records that
//! were put in, after commits that add, replace and remove files. This is what shows that we write DuckLake.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use callhouse_core::record::{Answer, End, Group, Parties, Rating, Stamp, Start};
use callhouse_core::time::MICROS_PER_DAY;
use callhouse_core::{AccountId, CallRecord, Money, Timestamp};
use callhouse_lake::file::statistics::{decimal_to_text, timestamp_to_text};
use callhouse_lake::rows::encode_calls;
use callhouse_lake::{Catalog, Commit, DataFolder, FileWriter, NewFile, Table, gc};
use callhouse_testkit::ManualClock;
use uuid::Uuid;

/// 2026-03-01T00:00:00Z.
const FIRST_DAY: Timestamp = Timestamp(1_772_323_200_000_000);
const DAYS: i64 = 3;
const CALLS_A_DAY: i64 = 400;
const SECOND: i64 = 1_000_000;

type Rows = Vec<Vec<Option<String>>>;

/// The call of that number: accounts in turn, one in three answered and rated, one in ten without numbers.
fn call(number: i64) -> CallRecord {
    let micros = (number % CALLS_A_DAY) * (MICROS_PER_DAY / CALLS_A_DAY) + number % 997;
    let started_at = FIRST_DAY.plus_micros(number / CALLS_A_DAY * MICROS_PER_DAY + micros);
    let account = AccountId::new(&format!("acme-{}", number % 7)).unwrap();
    let mut record = CallRecord::empty(account, (1_000_000 + number).to_string().into(), started_at);
    let stamp = Stamp::new(0, started_at);
    record.start = Some(Group { stamp, content: Start { started_at } });
    let parties = Parties {
        source: "test".into(),
        from_number: (number % 10 != 0).then(|| format!("+3361234{:04}", number % 1_000).into()),
        ..Parties::default()
    };
    record.parties = Some(Group { stamp, content: parties });
    if number % 3 == 0 {
        let answered_at = started_at.plus_micros(4 * SECOND);
        record.answer = Some(Group { stamp, content: Answer { answered_at, answered_by: None } });
        let ended_at = answered_at.plus_micros((number % 600) * SECOND);
        record.end = Some(Group { stamp, content: End { ended_at } });
        let rating = Rating {
            rated_at: ended_at,
            currency: Some("EUR".into()),
            debit: Money::from_micros(number * 1_234),
            credit: None,
            billed_seconds: Some(number % 600),
            cost_label: None,
        };
        record.rating = Some(Group { stamp, content: rating });
    }
    record
}

fn started_at(call: &CallRecord) -> Timestamp {
    call.start.as_ref().unwrap().content.started_at
}

fn debit(call: &CallRecord) -> Option<i64> {
    call.rating.as_ref().and_then(|rating| rating.content.debit).map(Money::micros)
}

/// Writes calls of one day, in the table's order.
fn write(writer: &FileWriter, table: Table, calls: &[CallRecord]) -> NewFile {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| (call.account.clone(), started_at(call), call.call_id.clone()));
    let month = table.month_column().map(|_| started_at(&calls[0]).utc_month());
    writer.write(table, month, &[encode_calls(&calls).unwrap()]).unwrap()
}

fn commit(add: Vec<NewFile>, remove: Vec<i64>) -> Commit {
    Commit { id: Uuid::now_v7(), add, remove, positions: Vec::new(), holes: Vec::new(), message: "test" }
}

/// A question to DuckDB and the answer the records give.
struct Question {
    sql: String,
    answer: Rows,
}

fn row(values: &[&dyn ToString]) -> Vec<Option<String>> {
    values.iter().map(|value| Some(value.to_string())).collect()
}

fn money(calls: &[&CallRecord]) -> Option<String> {
    let known: Vec<i64> = calls.iter().filter_map(|call| debit(call)).collect();
    let sum: i128 = known.iter().map(|micros| i128::from(*micros)).sum();
    if known.is_empty() { None } else { decimal_to_text(sum, 6) }
}

fn count(table: &str, condition: &str, calls: &[CallRecord], keep: impl Fn(&CallRecord) -> bool) -> Question {
    let answer = calls.iter().filter(|call| keep(call)).count();
    Question { sql: format!("SELECT count(*) FROM {table} WHERE {condition}"), answer: vec![row(&[&answer])] }
}

/// What is asked of a table that holds these calls: totals, groups, and filters that files are chosen by.
fn questions(table: &str, calls: &[CallRecord]) -> Vec<Question> {
    let all: Vec<&CallRecord> = calls.iter().collect();
    let from = FIRST_DAY.plus_micros(MICROS_PER_DAY + 7 * 3_600 * SECOND);
    let to = FIRST_DAY.plus_micros(2 * MICROS_PER_DAY + 3_600 * SECOND);
    let range = format!(
        "started_at >= '{}' AND started_at < '{}'",
        timestamp_to_text(from).unwrap(),
        timestamp_to_text(to).unwrap()
    );
    let mut by_account: BTreeMap<&str, Vec<&CallRecord>> = BTreeMap::new();
    for call in calls {
        by_account.entry(call.account.as_str()).or_default().push(call);
    }
    let groups = by_account.iter().map(|(account, calls)| {
        vec![Some((*account).to_owned()), Some(calls.len().to_string()), money(calls)]
    });
    let mut first: Vec<_> = calls.iter().map(|call| (started_at(call), call.call_id.clone())).collect();
    first.sort();
    let page = first.iter().take(10).map(|(at, call_id)| row(&[&at.micros(), call_id]));
    vec![
        count(table, "true", calls, |_| true),
        Question { sql: format!("SELECT sum(debit) FROM {table}"), answer: vec![vec![money(&all)]] },
        Question {
            sql: format!(
                "SELECT account, count(*), sum(debit) FROM {table} GROUP BY account ORDER BY account"
            ),
            answer: groups.collect(),
        },
        Question {
            sql: format!(
                "SELECT epoch_us(started_at), call_id FROM {table} ORDER BY started_at, call_id LIMIT 10"
            ),
            answer: page.collect(),
        },
        count(table, &range, calls, |call| (from..to).contains(&started_at(call))),
        count(table, "callid = 1000777", calls, |call| call.callid() == 1_000_777),
        count(table, "callid > 1000777", calls, |call| call.callid() > 1_000_777),
        count(table, "account = 'acme-3'", calls, |call| call.account.as_str() == "acme-3"),
        count(table, "account > 'acme-4'", calls, |call| call.account.as_str() > "acme-4"),
        count(table, "account = 'nobody'", calls, |_| false),
        count(table, "from_number IS NULL", calls, |call| {
            call.parties.as_ref().unwrap().content.from_number.is_none()
        }),
        count(table, "from_number = '+33612340123'", calls, |call| {
            call.parties.as_ref().unwrap().content.from_number.as_deref() == Some("+33612340123")
        }),
        count(table, "debit >= 1.000000", calls, |call| debit(call) >= Some(1_000_000)),
        count(table, "debit IS NULL", calls, |call| debit(call).is_none()),
        count(table, "billed_seconds = 33", calls, |call| {
            call.rating.as_ref().and_then(|rating| rating.content.billed_seconds) == Some(33)
        }),
        count(table, "answered_at IS NOT NULL", calls, |call| call.answer.is_some()),
    ]
}

/// Where `tests/interop/install` puts DuckDB.
#[expect(
    clippy::disallowed_methods,
    reason = "a test, which finds what its install script has put in the user's cache"
)]
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
    let python = cache.join("callhouse/python/bin/python");
    if python.is_file() {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{} is missing: run tests/interop/install",
        python.display()
    );
    None
}

/// Asks DuckDB.
fn ask(python: &Path, catalog: &Catalog, queries: &[&str]) -> Vec<Rows> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/ducklake.py");
    let mut client = Command::new(python)
        .arg(script)
        .arg(catalog.folder().catalog_path())
        // Any working directory will do: the catalog names its files by an absolute path.
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(serde_json::to_string(queries).unwrap().as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "the DuckDB client failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Both tables of calls hold just these.
fn check(python: &Path, catalog: &Catalog, settled: &[CallRecord], recent: &[CallRecord]) {
    let mut questions =
        questions("calls", settled).into_iter().chain(questions("calls_recent", recent)).collect::<Vec<_>>();
    questions.push(Question {
        sql: "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'calls' \
              ORDER BY ordinal_position"
            .to_owned(),
        answer: Table::Calls
            .schema()
            .fields()
            .iter()
            .map(|field| row(&[field.name(), &if field.is_nullable() { "YES" } else { "NO" }]))
            .collect(),
    });
    let queries: Vec<&str> = questions.iter().map(|question| question.sql.as_str()).collect();
    for (question, answer) in questions.iter().zip(ask(python, catalog, &queries)) {
        assert_eq!(answer, question.answer, "{}", question.sql);
    }
}

#[tokio::test]
async fn duckdb_reads_the_lake_and_finds_what_was_put_in() {
    let Some(python) = python() else {
        println!("SKIPPED: DuckDB is not installed, run tests/interop/install");
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let catalog = Catalog::open(DataFolder::new(temporary.path()), clock).await.unwrap();
    let writer = FileWriter::new(catalog.folder().clone());
    let calls: Vec<CallRecord> = (0..DAYS * CALLS_A_DAY).map(call).collect();
    let day = |day: usize| calls.chunks(usize::try_from(CALLS_A_DAY).unwrap()).nth(day).unwrap();
    check(&python, &catalog, &[], &[]);

    let recent = write(&writer, Table::CallsRecent, &calls);
    let settled = write(&writer, Table::Calls, day(0));
    catalog.commit(&commit(vec![recent, settled], vec![])).await.unwrap();
    check(&python, &catalog, day(0), &calls);

    // Compaction: all of recent, and the settled day again.
    let rewritten = [0, 1, 2].map(|index| write(&writer, Table::Calls, day(index)));
    catalog.commit(&commit(rewritten.to_vec(), vec![0, 1])).await.unwrap();
    check(&python, &catalog, &calls, &[]);
    let second_day = timestamp_to_text(FIRST_DAY.plus_micros(MICROS_PER_DAY)).unwrap();
    let one_day = format!("EXPLAIN ANALYZE SELECT sum(debit) FROM calls WHERE started_at < '{second_day}'");
    let plan = format!("{:?}", ask(&python, &catalog, &[&one_day]));
    assert!(plan.contains("Total Files Read: 1"), "the file statistics are not used: {plan}");

    // Erasure of a day, and everything that is dead goes.
    let snapshot = catalog.snapshot().await.unwrap();
    let dead = snapshot.files[&Table::Calls].iter().min_by_key(|file| file.data_file_id).unwrap();
    catalog.commit(&commit(vec![], vec![dead.data_file_id])).await.unwrap();
    gc::expire(&catalog, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(gc::delete_files(&catalog, std::time::Duration::ZERO).await.unwrap(), 3);
    let left = [day(1), day(2)].concat();
    check(&python, &catalog, &left, &[]);

    // A commit of positions only makes a snapshot without files.
    catalog.commit(&commit(vec![], vec![])).await.unwrap();
    check(&python, &catalog, &left, &[]);
    let snapshots =
        ask(&python, &catalog, &["SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1"]);
    assert_eq!(snapshots, [[row(&[&4]), row(&[&5])]]);
}
