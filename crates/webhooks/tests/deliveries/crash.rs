//! A process that is killed between any two steps of a delivery: every event arrives, and every try that came to an end
//! is in the log.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use callhouse_core::AccountId;
use callhouse_lake::accounts::Accounts;
use callhouse_lake::clock::SystemClock;
use callhouse_lake::webhooks::{Endpoint, SystemResolver, Wall};
use callhouse_log::{Append, Appender, Error as LogError};
use callhouse_testkit::{poll_until, victim};
use callhouse_webhooks::{Dispatcher, Options};
use tokio_util::sync::CancellationToken;

use crate::house::{Counting, HANGUP, announce, calls, open, prompt};
use crate::receiver::{DEADLINE, Receiver};

const CALLS: usize = 5;
const POINTS: [&str; 9] = [
    "webhooks.claim.in_transaction",
    "webhooks.claim.after",
    "webhooks.send.before",
    "webhooks.send.after",
    "webhooks.record.before_log",
    "webhooks.record.after_log",
    "webhooks.finish.before",
    "webhooks.finish.in_transaction",
    "webhooks.finish.after",
];

/// A log that is a file of lines.
struct FileLog(std::path::PathBuf);

#[async_trait]
impl Appender for FileLog {
    async fn append(&self, messages: Vec<Append>) -> Result<(), LogError> {
        use std::io::Write;
        let mut file = std::fs::File::options().create(true).append(true).open(&self.0).unwrap();
        for message in messages {
            file.write_all(&[&message.payload[..], b"\n"].concat()).unwrap();
        }
        Ok(())
    }
}

#[tokio::test]
#[ignore = "the process that the other test kills"]
async fn child() {
    let folder = victim::folder();
    let (_, webhooks) = open(&folder, Arc::new(SystemClock)).await;
    // A short lease, so that the next life need not wait long.
    let options = Options { timeout: Duration::from_millis(500), ..prompt() };
    let dispatcher = Dispatcher::new(
        webhooks.clone(),
        Arc::new(SystemClock),
        Arc::new(FileLog(folder.join("log.jsonl"))),
        Arc::new(Counting::default()),
        Wall::new(true, Arc::new(SystemResolver)),
        options,
    );
    let stop = CancellationToken::new();
    let running = tokio::spawn(dispatcher.unwrap().run(stop.clone()));
    poll_until(DEADLINE, || async { webhooks.depth().await.unwrap().0 == 0 }).await;
    stop.cancel();
    running.await.unwrap();
}

/// Runs [`child`] beside the receiver; true when it ended by itself.
async fn run_child(folder: &Path, point: String) -> bool {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || victim::run("crash::child", &folder, &point)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_sending_and_logging_gives_a_second_try_never_a_lost_one() {
    let mut killed = 0;
    for point in POINTS {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start().await;
        let (catalog, webhooks) = open(folder.path(), Arc::new(SystemClock)).await;
        let account = AccountId::new("acme").unwrap();
        Accounts::new(catalog.clone()).create(&account, None).await.unwrap();
        let endpoint = Endpoint::parse(&receiver.url("/")).unwrap();
        webhooks.subscribe(&account, HANGUP, &endpoint, None).await.unwrap();
        announce(&catalog, &webhooks, calls(CALLS)).await;
        killed += usize::from(!run_child(folder.path(), format!("{point}:2")).await);
        assert!(run_child(folder.path(), String::new()).await, "{point}");
        let ids: BTreeSet<String> =
            receiver.received().iter().map(|received| received.headers["x-callr-eventid"].clone()).collect();
        assert_eq!(ids.len(), CALLS, "{point} lost a delivery");
        let log = std::fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
        let logged: BTreeSet<&str> = ids.iter().map(String::as_str).filter(|id| log.contains(*id)).collect();
        assert_eq!(logged.len(), CALLS, "{point} lost the record of a delivery");
        assert_eq!(webhooks.depth().await.unwrap(), (0, 0), "{point}");
        if point == "webhooks.send.after" {
            assert!(receiver.received().len() > CALLS, "what was sent and not logged is sent again");
        }
    }
    assert_eq!(killed, POINTS.len(), "a crash point is not passed");
}
