//! `hostile.txt`, each statement asked for account acme: no row of another account (TEN-1), nothing written, no file
//! read, an end within the limits, and an engine that still answers.

use std::time::Duration;

use arrow::util::pretty::pretty_format_batches;
use callhouse_query::{Error, Room, RoomOptions};
use futures::TryStreamExt;

use crate::lake::{ACME, Lake};
use crate::room::caller;

/// Texts that are in rows of account beta only.
const OF_BETA: [&str; 7] = ["b1", "b2", "b3", "secret", "APP00009", "3369999999", "77.777777"];
/// What every file a statement tries to read has in it, and no answer may have.
const OF_FILES: [&str; 4] = ["root:", "SQLite format", "PATH=", "/bin/"];

/// What this process may grow by. Statements have 32 MiB each, and batches under way beside them.
const GROWTH_BYTES: u64 = 512 << 20;

/// A statement too long to write out.
fn made(name: &str) -> Option<String> {
    Some(match name {
        "SELECT '{10MB}'" => format!("SELECT '{}'", "x".repeat(10 << 20)),
        "SELECT '{2MB}' || 'x'" => format!("SELECT '{}' || 'x'", "x".repeat(2 << 20)),
        "{1000 ANDs}" => format!("SELECT {}", vec!["true"; 1_000].join(" AND ")),
        "{5000 parentheses}" => format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        "{5000 casts}" => format!("SELECT 1{}", "::bigint".repeat(5_000)),
        "{2000 unions}" => vec!["SELECT 1"; 2_000].join(" UNION ALL "),
        "{3000 operators}" => format!("SELECT {}", vec!["1"; 3_000].join(" + ")),
        "{1000 joins}" => {
            let joins = (0..1_000).map(|n| format!(" JOIN calls c{n} ON true")).collect::<String>();
            format!("SELECT count(*) FROM calls{joins}")
        }
        "{300 columns}" => {
            let columns = (0..300).map(|n| format!("{n} AS c{n}")).collect::<Vec<_>>().join(", ");
            format!("SELECT {columns} FROM calls")
        }
        "{20000 in list}" => {
            let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
            format!("SELECT call_id FROM calls WHERE callid IN ({list})")
        }
        "{100 ctes}" => {
            let rest = (1..100).map(|n| format!(", c{n} AS (SELECT * FROM c{})", n - 1)).collect::<String>();
            format!("WITH c0 AS (SELECT call_id FROM calls){rest} SELECT * FROM c99")
        }
        "{900KB literal rows}" => {
            format!("SELECT length('{}'), value FROM generate_series(1, 100)", "x".repeat(900 << 10))
        }
        "{500 nested selects}" => {
            format!("{}SELECT 1 AS x{}", "SELECT x FROM (".repeat(500), ") t".repeat(500))
        }
        "{200 case branches}" => {
            let branches = (0..200).map(|n| format!(" WHEN callid = {n} THEN {n}")).collect::<String>();
            format!("SELECT CASE{branches} ELSE 0 END FROM calls")
        }
        "{deep json}" => format!("SELECT '{}'", "[".repeat(100_000)),
        _ => return None,
    })
}

/// Resident memory of this process.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") << 10
}

/// Every file of a folder with its length.
fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("metadata");
        if metadata.is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), metadata.len()));
        }
    }
    found.sort();
    found
}

#[test]
fn ten_1_hostile_statements_get_an_error_or_a_bounded_answer() {
    let ended = callhouse_testkit::victim::run("hostile::statements", std::path::Path::new(""), "");
    assert!(ended, "the process was killed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run in a process of its own by the test above: it looks at the memory of all of it"]
async fn statements() {
    let lake = Lake::fixed().await;
    let spill = tempfile::tempdir().expect("a folder");
    let options = RoomOptions {
        time_limit: Duration::from_millis(1_500),
        max_rows: 200_000,
        max_bytes: 64 << 20,
        statement_memory_bytes: 32 << 20,
        spill_folder: Some(spill.path().to_owned()),
        spill_limit_bytes: 64 << 20,
        ..RoomOptions::default()
    };
    let room = Room::new(lake.engine.clone(), options).expect("a room");
    let before = files(lake.folder());
    let resident = resident_bytes();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for line in include_str!("hostile.txt").lines().filter(|line| !line.starts_with('#')) {
        let (wanted, written) = line.split_once('\t').expect("a tab");
        let limited = written.strip_prefix("@time ");
        let written = limited.unwrap_or(written);
        let sql = made(written).unwrap_or_else(|| written.to_owned());
        let answer = match room.run(&caller(ACME), &sql, &[]).await {
            Ok(rows) => rows.try_collect::<Vec<_>>().await,
            Err(error) => Err(error),
        };
        asked += 1;
        let shown = match &answer {
            Ok(batches) => pretty_format_batches(batches).expect("printable").to_string(),
            Err(error) => error.to_string(),
        };
        // What a statement says itself may come back in its own error or answer.
        let says = |text: &&&str| !sql.contains(**text) && without_file_names(&shown).contains(**text);
        if let Some(text) = OF_BETA.iter().chain(&OF_FILES).find(says) {
            wrong.push(format!("{written}\n  shows {text}"));
        }
        match (&answer, wanted) {
            (Ok(_), "refused") => wrong.push(format!("{written}\n  was answered: {}", cut(&shown))),
            (Ok(_), _) if limited.is_some() => wrong.push(format!("{written}\n  ended by itself")),
            (Err(Error::Lake(_) | Error::Execute { .. }), _) => {
                wrong.push(format!("{written}\n  is a fault of ours: {answer:?}"));
            }
            _ => {}
        }
        let grown = resident_bytes().saturating_sub(resident);
        if grown > GROWTH_BYTES {
            wrong.push(format!("{written}\n  memory has grown by {grown} bytes"));
            break;
        }
    }
    assert!(asked >= 300, "{asked} statements");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(files(lake.folder()), before, "something was written");
    let rows: Vec<_> = room
        .run(&caller(ACME), "SELECT count(*) AS n FROM calls", &[])
        .await
        .expect("it still answers")
        .try_collect()
        .await
        .expect("rows");
    assert!(pretty_format_batches(&rows).expect("printable").to_string().contains("| 7 "));
}

/// File names are random and could spell anything.
fn without_file_names(text: &str) -> String {
    let ends = text.split(".parquet").map(|part| part.rsplit_once('/').map_or(part, |(before, _)| before));
    ends.collect::<Vec<_>>().join("/F.parquet")
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}
