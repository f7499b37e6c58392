//! Deliveries a second to a local receiver, and what dead endpoints cost the others:
//! `cargo run --release -p callhouse-webhooks --example deliveries [EVENTS] [ENDPOINTS] [DEAD]`.
//!
//! Queue, log and receiver are the real ones on this machine; each attempt is durable in the embedded log before it counts.
//! A dead endpoint takes a request and never answers.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops at any failure"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use callhouse_core::AccountId;
use callhouse_core::webhook::Fact;
use callhouse_lake::accounts::Accounts;
use callhouse_lake::clock::SystemClock;
use callhouse_lake::webhooks::{Due, Endpoint, Signing, SystemResolver, Wall, Webhooks};
use callhouse_lake::{Catalog, Commit, DataFolder};
use callhouse_log::EmbeddedLog;
use callhouse_webhooks::{Dispatcher, Options, Render, RenderError, Rendered, Subject};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const HANGUP: &str = "call.inbound_hangup";

/// About the size of a `CDR.In`.
struct Ready;

#[async_trait]
impl Render for Ready {
    async fn render(&self, subjects: &[Subject]) -> Result<Vec<Rendered>, RenderError> {
        let data = |subject: &Subject| {
            Rendered::Data(format!(r#"{{"callid":"{}","padding":"{}"}}"#, subject.id, "x".repeat(550)))
        };
        Ok(subjects.iter().map(data).collect())
    }
}

/// Answers 200, but for paths of dead endpoints. Counts what it answered.
async fn receiver() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&answered);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(serve(stream, Arc::clone(&counting)));
        }
    });
    (address, answered)
}

async fn serve(mut stream: TcpStream, answered: Arc<AtomicUsize>) {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        while bytes.len() < head + length {
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
        if text.starts_with("post /dead") {
            std::future::pending::<()>().await;
        }
        bytes.drain(..head + length);
        answered.fetch_add(1, Ordering::SeqCst);
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}

/// Seconds until all deliveries to `alive` endpoints are answered, while as many wait for each of `dead` ones.
async fn measure(alive: usize, dead: usize, events: usize) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(DataFolder::new(folder.path()), Arc::new(SystemClock)).await.unwrap();
    let account = AccountId::new("acme").unwrap();
    Accounts::new(catalog.clone()).create(&account, None).await.unwrap();
    let webhooks = Webhooks::new(catalog.clone());
    let (address, answered) = receiver().await;
    let signing = Signing {
        algorithm: callhouse_lake::webhooks::HmacAlgorithm::Sha256,
        secret: callhouse_lake::accounts::Secret::new("a secret of some length"),
    };
    let names = (0..alive).map(|number| format!("alive/{number}"));
    for name in names.chain((0..dead).map(|number| format!("dead/{number}"))) {
        let endpoint = Endpoint::parse(&format!("http://{address}/{name}")).unwrap();
        webhooks.subscribe(&account, HANGUP, &endpoint, Some(&signing)).await.unwrap();
    }
    announce(&catalog, &webhooks, &account, events).await;
    let log = EmbeddedLog::open(&folder.path().join("log.db"), Arc::new(SystemClock)).await.unwrap();
    let dispatcher = Dispatcher::new(
        webhooks.clone(),
        Arc::new(SystemClock),
        Arc::new(log),
        Arc::new(Ready),
        Wall::new(true, Arc::new(SystemResolver)),
        Options::default(),
    );
    let stop = CancellationToken::new();
    let started = Instant::now();
    let running = tokio::spawn(dispatcher.unwrap().run(stop.clone()));
    while answered.load(Ordering::SeqCst) < alive * events {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = started.elapsed().as_secs_f64();
    running.abort();
    drop(running.await);
    took
}

async fn announce(catalog: &Catalog, webhooks: &Webhooks, account: &AccountId, events: usize) {
    let fact = |number: usize| {
        let id: Box<str> = format!("call-{number}").into();
        let (webhook_type, account, at) = (HANGUP, account.clone(), catalog.clock().now());
        Fact { webhook_type, account, subject: id.clone(), identity: id, at }
    };
    let due = Due { facts: (0..events).map(fact).collect(), subscriptions: webhooks.subscriptions().clone() };
    let commit = Commit {
        id: Uuid::new_v4(),
        add: Vec::new(),
        remove: Vec::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        message: "example",
    };
    let started = Instant::now();
    catalog.commit_and_announce(&commit, &due).await.unwrap();
    let queued = webhooks.depth().await.unwrap().0;
    println!("{queued} deliveries queued by one commit in {:.2} s", started.elapsed().as_secs_f64());
}

#[tokio::main]
async fn main() {
    let argument = |at: usize, default: usize| {
        std::env::args().nth(at).map_or(default, |text| text.parse().expect("a number"))
    };
    let (events, endpoints, dead) = (argument(1, 100), argument(2, 100), argument(3, 10));
    let alive = endpoints - dead;
    let alone = measure(alive, 0, events).await;
    let beside = measure(alive, dead, events).await;
    let deliveries = alive * events;
    println!(
        "{deliveries} deliveries to {alive} endpoints: {alone:.2} s, {:.0}/s",
        deliveries as f64 / alone
    );
    println!("the same beside {dead} dead endpoints with {}: {beside:.2} s", dead * events);
    println!("ratio {:.2}", beside / alone);
}
