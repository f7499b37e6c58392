//! Files as logs, from outside: a file that comes again takes in exactly what is missing.

#[path = "support/recorder.rs"]
mod recorder;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callhouse_core::{AccountId, Clock};
use callhouse_log::file::{
    CUT_FROM_BYTES_HEADER, DEFAULT_ACCOUNT_HEADER, FORMAT_HEADER, ImportsFolder, PriorImports, Progress,
    Source,
};
use callhouse_log::{Error, FileLog, Message};
use callhouse_testkit::ManualClock;
use recorder::{Happened, Recorder, Running, Shared};
use tempfile::TempDir;

/// A lake's positions and memory of imports, over several imports.
struct Imports {
    folder: TempDir,
    shared: Arc<Shared>,
}

impl Imports {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), shared: Arc::default() }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    async fn open(&self, path: &Path, account: Option<&str>) -> Arc<FileLog> {
        let source = Source {
            format: "lines".to_owned(),
            default_account: account.map(|name| AccountId::new(name).expect("a name")),
        };
        let priors = Arc::new(ImportsFolder::open(&self.folder.path().join("imports")).expect("a folder"));
        let clock = Arc::new(ManualClock::default());
        let log = FileLog::open(path, source, priors, clock, Arc::new(Progress::default())).await;
        Arc::new(log.expect("opens"))
    }

    /// Imports the file whole and gives the messages taken in.
    async fn import(&self, path: &Path) -> Vec<Message> {
        let log = self.open(path, None).await;
        let (messages, ended) = self.run(&log).await;
        ended.expect("to the end");
        messages
    }

    /// Reads what there is to read and waits for the end of the run.
    async fn run(&self, log: &Arc<FileLog>) -> (Vec<Message>, Result<(), Error>) {
        let owner = Arc::new(Recorder::new("import", Arc::clone(&self.shared)));
        let running = Running::start(log, &owner);
        let mut messages = Vec::new();
        while let Some(batch) = owner.next_batch(log.kafka_partition()).await {
            messages.extend(batch.messages);
        }
        (messages, running.ended().await)
    }
}

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned()).collect()
}

fn numbered(range: std::ops::Range<i64>) -> String {
    range.map(|number| format!("line {number}\n")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("compresses");
    encoder.finish().expect("compresses")
}

#[tokio::test]
async fn ing_3_every_line_is_a_message_with_format_and_account() {
    let imports = Imports::new();
    let path = imports.write("a", "one\n\ntwo");
    let log = imports.open(&path, Some("acme")).await;
    let (messages, ended) = imports.run(&log).await;
    ended.expect("to the end");
    assert_eq!(texts(&messages), ["one", "", "two"]);
    let headers: Vec<(&str, &[u8])> =
        messages[0].headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(headers, [(FORMAT_HEADER, b"lines".as_slice()), (DEFAULT_ACCOUNT_HEADER, b"acme")]);
    assert_eq!(messages[0].received_at, ManualClock::default().now());
    assert!(matches!(imports.shared.history.lock().last(), Some(Happened::Revoked(..))));
}

#[tokio::test]
async fn reading_starts_at_the_owners_position() {
    let imports = Imports::new();
    let log = imports.open(&imports.write("a", numbered(0..5)), None).await;
    let first = Arc::new(Recorder::alone());
    let running = Running::start(&log, &first);
    assert_eq!(first.read_to(log.kafka_partition(), 5).await.len(), 5);
    running.ended().await.expect("to the end");
    assert_eq!(first.history().len(), 3);

    let second = Arc::new(Recorder::alone().at(log.kafka_partition(), 3));
    let running = Running::start(&log, &second);
    assert_eq!(texts(&second.read_to(log.kafka_partition(), 5).await), ["line 3", "line 4"]);
    running.ended().await.expect("to the end");
}

#[tokio::test]
async fn a_line_that_names_no_account_is_of_the_account_its_call_named_also_after_a_cut() {
    let imports = Imports::new();
    let line = |method: &str, account: &str| {
        format!(r#"{{"time":1,"method":"{method}","callid":"c","sip_code":"200","account":"{account}"}}"#)
    };
    let source = Source { format: "kamailio-acc".to_owned(), default_account: None };
    let account_of_last = async |lines: &[String]| {
        let path = imports.write("acc.jsonl", lines.join("\n"));
        let priors = Arc::new(ImportsFolder::open(&imports.folder.path().join("imports")).expect("a folder"));
        let clock = Arc::new(ManualClock::default());
        let log = FileLog::open(&path, source.clone(), priors, clock, Arc::default()).await.expect("opens");
        let log = Arc::new(log);
        let (messages, ended) = imports.run(&log).await;
        ended.expect("to the end");
        let headers = &messages.last().expect("a line").headers;
        let account = headers.iter().find(|(name, _)| &**name == DEFAULT_ACCOUNT_HEADER);
        account.map(|(_, account)| String::from_utf8_lossy(account).into_owned())
    };
    let invite = line("INVITE", "acme");
    assert_eq!(account_of_last(std::slice::from_ref(&invite)).await, None);
    assert_eq!(account_of_last(&[invite, line("BYE", "")]).await.as_deref(), Some("acme"));
}

#[tokio::test]
async fn the_same_file_again_gives_nothing_also_renamed_or_compressed() {
    let imports = Imports::new();
    let text = numbered(0..10_000);
    assert_eq!(imports.import(&imports.write("a", &text)).await.len(), 10_000);
    assert_eq!(imports.import(&imports.write("b", &text)).await.len(), 0);
    assert_eq!(imports.import(&imports.write("c.gz", gzip(&text))).await.len(), 0);
    assert_eq!(imports.import(&imports.write("d", text.replace('\n', "\r\n"))).await.len(), 0);
}

#[tokio::test]
async fn a_grown_file_gives_the_lines_that_are_new() {
    let imports = Imports::new();
    imports.import(&imports.write("a", numbered(0..3))).await;
    let messages = imports.import(&imports.write("a", numbered(0..5))).await;
    assert_eq!(texts(&messages), ["line 3", "line 4"]);
    assert_eq!(messages[0].offset, 3);
    assert_eq!(texts(&imports.import(&imports.write("a", numbered(0..6))).await), ["line 5"]);
}

#[tokio::test]
async fn a_part_of_an_imported_file_gives_nothing() {
    let imports = Imports::new();
    imports.import(&imports.write("whole", numbered(0..1_000))).await;
    for lines in [1, 2, 500, 999] {
        assert_eq!(
            imports.import(&imports.write("part", numbered(0..lines))).await.len(),
            0,
            "{lines} lines"
        );
    }
    let other = format!("{}another\n", numbered(0..500));
    assert_eq!(imports.import(&imports.write("other", other)).await.len(), 501);
    assert_eq!(imports.import(&imports.write("whole", numbered(0..1_001))).await.len(), 1);
    assert_eq!(imports.import(&imports.write("part", numbered(0..1_000))).await.len(), 0);
}

#[tokio::test]
async fn an_import_cut_off_goes_on_where_it_was() {
    let imports = Imports::new();
    let path = imports.write("a", numbered(0..20_000));
    let log = imports.open(&path, None).await;
    let owner = Arc::new(Recorder { capacity: 1, ..Recorder::new("cut", Arc::clone(&imports.shared)) });
    let running = Running::start(&log, &owner);
    let first = owner.next_batch(log.kafka_partition()).await.expect("a batch");
    running.stop().await.expect("stops when told");

    let rest = imports.import(&path).await;
    assert_eq!(rest[0].offset, first.to);
    assert_eq!(first.messages.len() + rest.len(), 20_000);
}

#[tokio::test]
async fn lines_are_remembered_before_they_are_handed_over() {
    let imports = Imports::new();
    let path = imports.write("a", numbered(0..300_000));
    let log = imports.open(&path, None).await;
    let owner = Arc::new(Recorder { capacity: 1, ..Recorder::new("cut", Arc::clone(&imports.shared)) });
    let running = Running::start(&log, &owner);
    let priors = ImportsFolder::open(&imports.folder.path().join("imports")).expect("a folder");
    for _ in 0..20 {
        let batch = owner.next_batch(log.kafka_partition()).await.expect("a batch");
        let remembered = priors.find(log.kafka_partition().topic.as_ref()).expect("readable");
        let lines = remembered.map_or(0, |prefix| prefix.lines);
        assert!((batch.to..=300_000).contains(&lines), "{lines} of {}", batch.to);
        let mark = priors.mark_after(log.kafka_partition().topic.as_ref(), lines).expect("readable");
        assert!(mark.is_some(), "{lines} lines are remembered without their marks");
    }
    running.stop().await.expect("stops when told");

    // What was not taken in may change, what was may not.
    let taken = owner.position(log.kafka_partition()).expect("a position");
    let remembered =
        priors.find(log.kafka_partition().topic.as_ref()).expect("readable").expect("remembered");
    let beginning = numbered(0..remembered.lines);
    let rest = imports.import(&imports.write("a", format!("{beginning}new end\n"))).await;
    assert_eq!(rest[0].offset, taken);
    assert_eq!(texts(&rest[rest.len() - 1..]), ["new end"]);
    let other = imports.import(&imports.write("b", format!("{}another\n", numbered(0..5)))).await;
    assert_eq!(other.len(), 6, "other lines are another file");
}

#[tokio::test]
async fn a_run_that_starts_over_goes_on_with_what_it_remembers() {
    let imports = Imports::new();
    let path = imports.write("a", numbered(0..300_000));
    let log = imports.open(&path, None).await;
    let owner = Arc::new(Recorder { capacity: 1, ..Recorder::new("cut", Arc::clone(&imports.shared)) });
    let running = Running::start(&log, &owner);
    let first = owner.next_batch(log.kafka_partition()).await.expect("a batch");
    running.stop().await.expect("stops when told");

    let (rest, ended) = imports.run(&log).await;
    ended.expect("to the end");
    assert_eq!((rest[0].offset, log.lines()), (first.to, 300_000));
    assert_eq!(imports.import(&path).await.len(), 0, "the digests are those of the whole file");
    assert_eq!(imports.import(&imports.write("a", numbered(0..300_001))).await.len(), 1);
    assert_eq!(imports.import(&imports.write("a", numbered(0..200_000))).await.len(), 0);
}

#[tokio::test]
async fn another_file_with_the_same_first_line_is_read_whole() {
    let imports = Imports::new();
    let header = "time,from,to\n";
    let a = format!("{header}{}", numbered(0..5));
    let b = format!("{header}{}", numbered(100..103));
    assert_eq!(imports.import(&imports.write("a", &a)).await.len(), 6);
    assert_eq!(imports.import(&imports.write("b", &b)).await.len(), 4);
    // Both are known from now on, and may grow.
    assert_eq!(imports.import(&imports.write("a", format!("{a}more\n"))).await.len(), 1);
    assert_eq!(imports.import(&imports.write("b", format!("{b}more\n"))).await.len(), 1);
    assert_eq!(imports.import(&imports.write("b", format!("{b}more\n"))).await.len(), 0);
}

#[tokio::test]
async fn a_last_line_completed_later_is_not_skipped() {
    let imports = Imports::new();
    imports.import(&imports.write("a", "one\ntw")).await;
    let messages = imports.import(&imports.write("a", "one\ntwo\n")).await;
    assert_eq!(texts(&messages), ["one", "two"]);
    assert_eq!(imports.import(&imports.write("a", "one\ntwo")).await.len(), 0, "only the line end is gone");
}

#[tokio::test]
async fn the_same_lines_for_another_account_are_read() {
    let imports = Imports::new();
    let path = imports.write("a", "one\n");
    for account in ["acme", "other"] {
        let log = imports.open(&path, Some(account)).await;
        assert_eq!(imports.run(&log).await.0.len(), 1, "{account}");
    }
}

#[tokio::test]
async fn an_overlong_line_comes_cut_and_says_so() {
    let imports = Imports::new();
    let text = format!("{}\nnext\n", "x".repeat(11_000_000));
    let messages = imports.import(&imports.write("a", text)).await;
    let cut = messages[0].headers.iter().find(|(name, _)| &**name == CUT_FROM_BYTES_HEADER);
    assert_eq!(cut.map(|(_, value)| &**value), Some(b"11000000".as_slice()));
    assert!(messages[0].payload.len() < 100_000);
    assert_eq!(texts(&messages[1..]), ["next"]);
    assert!(!messages[1].headers.iter().any(|(name, _)| &**name == CUT_FROM_BYTES_HEADER));
}

#[tokio::test]
async fn broken_gzip_gives_the_lines_before_and_then_an_error() {
    let imports = Imports::new();
    let text = numbered(0..50_000);
    let whole = gzip(&text);
    let path = imports.write("a.gz", &whole[..whole.len() / 2]);
    let log = imports.open(&path, None).await;
    let (messages, ended) = imports.run(&log).await;
    assert!((1..50_000).contains(&log.lines()), "{} lines", log.lines());
    let before = messages.len();
    assert_eq!(messages.last().map(|last| last.offset + 1), Some(log.lines()));
    assert!(ended.is_err_and(|error| error.to_string().contains("file reading failed")));

    let rest = imports.import(&imports.write("a.gz", whole)).await;
    assert_eq!(before + rest.len(), 50_000, "the repaired file gives the rest");
}

#[tokio::test]
async fn an_empty_file_ends_at_once() {
    let imports = Imports::new();
    assert_eq!(imports.import(&imports.write("a", "")).await.len(), 0);
}

#[tokio::test]
async fn progress_reaches_the_size_of_the_file() {
    let imports = Imports::new();
    let path = imports.write("a", numbered(0..1_000));
    let progress = Arc::new(Progress::default());
    let priors = Arc::new(ImportsFolder::open(&imports.folder.path().join("imports")).expect("a folder"));
    let source = Source { format: "lines".to_owned(), default_account: None };
    let clock = Arc::new(ManualClock::default());
    let size = std::fs::metadata(&path).expect("written").len();
    let open = async |progress: &Arc<Progress>| {
        let (priors, clock): (Arc<dyn PriorImports>, Arc<dyn Clock>) =
            (Arc::<ImportsFolder>::clone(&priors), Arc::<ManualClock>::clone(&clock));
        FileLog::open(&path, source.clone(), priors, clock, Arc::clone(progress)).await.expect("opens")
    };
    let log = open(&progress).await;
    assert_eq!((progress.read_bytes(), progress.total_bytes()), (0, size));
    imports.run(&Arc::new(log)).await.1.expect("to the end");
    assert_eq!((progress.read_bytes(), progress.total_bytes()), (size, size));

    let progress = Arc::default();
    let again = open(&progress).await;
    assert_eq!((progress.read_bytes(), progress.total_bytes()), (size, 2 * size), "recognised by reading it");
    imports.run(&Arc::new(again)).await.1.expect("to the end");
}

#[tokio::test]
async fn a_position_without_a_remembered_prefix_is_not_trusted() {
    let imports = Imports::new();
    let path = imports.write("a", numbered(0..5));
    imports.import(&path).await;
    std::fs::remove_dir_all(imports.folder.path().join("imports")).expect("forgotten");
    let log = imports.open(&path, None).await;
    let owner = Arc::new(Recorder::new("import", Arc::clone(&imports.shared)));
    let ended = Running::start(&log, &owner).ended().await;
    assert!(ended.is_err_and(|error| error.to_string().contains("remembered")));
}
