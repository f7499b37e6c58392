//! The logs that need no broker, as they ship.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use callhouse_lake::clock::SystemClock;
use callhouse_log::file::{ImportsFolder, Progress, Source};
use callhouse_log::{Append, Appender, EmbeddedLog, FileLog, Log};
use callhouse_testkit::events::{key, structured};
use callhouse_testkit::poll_until;

use crate::ing_1::story;
use crate::warehouse::{DEADLINE, Warehouse, account, patient, prompt};

async fn import(warehouse: &Warehouse, path: &Path) -> callhouse_ingest::Summary {
    let source = Source { format: "cloudevents".to_owned(), default_account: Some(account("acme")) };
    let priors = ImportsFolder::open(&warehouse.catalog.folder().root().join("imports")).unwrap();
    let log =
        FileLog::open(path, source, Arc::new(priors), Arc::new(SystemClock), Arc::new(Progress::default()));
    warehouse.start(Arc::new(log.await.unwrap()) as Arc<dyn Log>, patient()).finished().await.unwrap()
}

#[tokio::test]
async fn what_is_appended_to_the_embedded_log_is_seen_and_trimmed() {
    let warehouse = Warehouse::new().await;
    let path = warehouse.catalog.folder().log_path();
    let log = Arc::new(EmbeddedLog::open(&path, Arc::new(SystemClock)).await.unwrap());
    let process = warehouse.start(Arc::clone(&log) as Arc<dyn Log>, prompt());
    for number in 0..20 {
        let events = story("acme", number).all();
        let appends = events.iter().map(|event| Append {
            key: key(event).into(),
            headers: Vec::new(),
            payload: structured(event).into(),
        });
        log.append(appends.collect()).await.unwrap();
    }
    poll_until(DEADLINE, || async { warehouse.seen(&process.hot).await.events.len() == 80 }).await;
    let summary = process.stopped().await.unwrap();
    assert_eq!((summary.events, summary.rejections), (80, 0));
    assert_eq!(warehouse.settled().await.events.len(), 80);
    log.close().await;

    let reopened = EmbeddedLog::open(&path, Arc::new(SystemClock)).await.unwrap();
    let again = warehouse.start(Arc::new(reopened) as Arc<dyn Log>, prompt());
    poll_until(DEADLINE, || async { !again.ingest.status().partitions.is_empty() }).await;
    assert_eq!(again.stopped().await.unwrap().messages, 0, "nothing is taken in twice");
}

#[tokio::test]
async fn a_file_is_imported_once_and_its_new_lines_when_it_has_grown() {
    let warehouse = Warehouse::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let mut file = std::fs::File::create(&path).unwrap();
    for number in 0..3_000 {
        file.write_all(&structured(&story("acme", number).ended())).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.write_all(b"not an event\n").unwrap();
    let first = import(&warehouse, &path).await;
    assert_eq!((first.messages, first.events, first.rejections, first.rows), (3_001, 3_000, 1, 3_000));
    assert_eq!(import(&warehouse, &path).await.messages, 0);

    file.write_all(&structured(&story("acme", 1).rated())).unwrap();
    file.write_all(b"\n").unwrap();
    assert_eq!(import(&warehouse, &path).await.messages, 1);
    let seen = warehouse.settled().await;
    assert_eq!((seen.events.len(), seen.rejections.len(), seen.calls.len()), (3_001, 1, 3_000));
}
