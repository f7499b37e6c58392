//! A whole callhouse without its binary: a lake in a temporary folder, accounts, and the router on top.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callhouse_api::{App, Readiness, RequestLimits, router};
use callhouse_core::event::Kind;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::phone::PhoneBook;
use callhouse_core::position::OffsetRange;
use callhouse_core::record::fold;
use callhouse_core::{AccountId, CallRecord, KafkaPartition};
use callhouse_exports::{Announcer, Links, Options, Service as Exports, SigningKey};
use callhouse_lake::accounts::{AccessScope, Accounts, KeyOptions, RequestLimit};
use callhouse_lake::jobs::Jobs;
use callhouse_lake::rows::{EventCells, Origin, WebhookColumns};
use callhouse_lake::webhooks::{Resolver, Wall, Webhooks};
use callhouse_lake::{Catalog, Commit, DataFolder, FileWriter, HotRows, StoredRecord, Table};
use callhouse_log::{Append, Appender, Error as LogError};
use callhouse_query::{Engine, EngineOptions, ExportOptions, Exporter, Room, RoomOptions};
use callhouse_testkit::ManualClock;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

/// A log that remembers what was appended, and can be full.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    pub(crate) appended: Mutex<Vec<Append>>,
    pub(crate) full: AtomicBool,
}

#[async_trait]
impl Appender for MemoryLog {
    async fn append(&self, messages: Vec<Append>) -> Result<(), LogError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(LogError::Full);
        }
        self.appended.lock().extend(messages);
        Ok(())
    }
}

/// What `/readyz` is told.
#[derive(Debug, Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<String>>);

#[async_trait]
impl Readiness for Told {
    async fn problems(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

/// Knows `inner.example.com`, which is a loopback address; every other name is a public one.
struct Names;

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let address = if host == "inner.example.com" { [127, 0, 0, 1] } else { [8, 8, 8, 8] };
        Ok(vec![IpAddr::from(address)])
    }
}

pub(crate) struct House {
    pub(crate) accounts: Accounts,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) readiness: Arc<Told>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) router: Router,
    pub(crate) webhooks: Webhooks,
    exports: Exports,
    pub(crate) engine: Engine,
    /// Ends what runs in the background.
    stop: CancellationToken,
    catalog: Catalog,
    next_offset: AtomicI64,
    _folder: TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::limited(None).await
    }

    /// A house whose keys may make so many requests.
    pub(crate) async fn limited(limit: Option<RequestLimit>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::default());
        let catalog =
            Catalog::open(DataFolder::new(folder.path()), Arc::clone(&clock) as _).await.expect("a catalog");
        let accounts = Accounts::new(catalog.clone());
        let engine =
            Engine::new(catalog.clone(), HotRows::default(), EngineOptions::default()).expect("an engine");
        let log = Arc::new(MemoryLog::default());
        let readiness = Arc::new(Told::default());
        let room = Room::new(engine.clone(), RoomOptions::default()).expect("a room");
        let key = SigningKey::of(folder.path()).expect("a key");
        let options = Options { poll: Duration::from_millis(20), ..Options::default() };
        let links = Links::new(key, "http://here", options.link);
        let webhooks = Webhooks::new(catalog.clone());
        let announcer =
            Announcer::new(webhooks.subscriptions().clone(), links.clone(), Arc::clone(&clock) as _);
        let jobs = Jobs::new(catalog.clone()).telling(Arc::new(announcer));
        let exports = Exports::new(jobs, links, options);
        let router = router(App {
            engine: engine.clone(),
            exports: exports.clone(),
            room,
            catalog: catalog.clone(),
            accounts: accounts.clone(),
            webhooks: webhooks.clone(),
            wall: Wall::new(false, Arc::new(Names)),
            limits: RequestLimits::new(limit, Arc::clone(&clock) as _),
            appender: Arc::clone(&log) as _,
            clock: Arc::clone(&clock) as _,
            readiness: Arc::clone(&readiness) as _,
            metrics: None,
        });
        let next_offset = AtomicI64::new(0);
        let stop = CancellationToken::new();
        Self {
            accounts,
            log,
            readiness,
            clock,
            router,
            webhooks,
            exports,
            engine,
            stop,
            catalog,
            next_offset,
            _folder: folder,
        }
    }

    /// Takes up exports from here on.
    pub(crate) fn run_exports(&self) {
        let exporter = Exporter::new(self.engine.clone(), &ExportOptions::default()).expect("an exporter");
        drop(tokio::spawn(self.exports.clone().run(exporter, self.stop.clone())));
    }

    /// Creates an account and returns its `Authorization` header.
    pub(crate) async fn account(&self, name: &str, parent: Option<&str>) -> String {
        let id = |name| AccountId::new(name).expect("an account name");
        let new = self.accounts.create(&id(name), parent.map(id).as_ref()).await.expect("created");
        basic(&new.account.login, new.password.expose())
    }

    /// Creates an administrator's key and returns its `Authorization` header.
    pub(crate) async fn admin(&self) -> String {
        let account = AccountId::new("operator").expect("an account name");
        self.accounts.create(&account, None).await.expect("created");
        let key = self.accounts.create_api_key(&account, "operator", true).await.expect("created");
        format!("Api-Key {}", key.token.expose())
    }

    /// Creates a key with these scopes and returns its `Authorization` header.
    pub(crate) async fn key(&self, account: &str, scopes: &[AccessScope]) -> String {
        let scopes = scopes.iter().copied().collect();
        self.key_with(account, &KeyOptions { scopes, ..KeyOptions::named("key") }).await
    }

    pub(crate) async fn key_with(&self, account: &str, options: &KeyOptions) -> String {
        let account = AccountId::new(account).expect("an account name");
        let new = self.accounts.create_api_key_with(&account, options).await.expect("created");
        format!("Api-Key {}", new.token.expose())
    }

    /// Takes events about calls in as ingest would.
    pub(crate) async fn store(&self, events: &[Value]) {
        self.store_records::<CallRecord>(events).await;
    }

    /// Takes events of a family in as ingest would: folds them to records and commits these as one file of those that may
    /// still change.
    pub(crate) async fn store_records<R: StoredRecord>(&self, events: &[Value]) {
        let mut phones = PhoneBook::with_capacity(1_000);
        let mut records: Vec<R> = Vec::new();
        for event in events {
            let payload = event.to_string();
            for element in decode(Incoming { headers: &[], payload: payload.as_bytes() }) {
                let event = element.outcome.unwrap_or_else(|why| panic!("{why:?}: {payload}"));
                let mut record: R = fold(&event, &mut phones).expect("an event of the family");
                let same = |known: &&mut R| (known.account(), known.id()) == (record.account(), record.id());
                match records.iter_mut().find(same) {
                    Some(known) => known.join_from(&mut record),
                    None => records.push(record),
                }
            }
        }
        records.sort_by(|a, b| (a.account(), a.id()).cmp(&(b.account(), b.id())));
        let batch = R::encode(&records.iter().collect::<Vec<_>>()).expect("records encode");
        let writer = FileWriter::new(self.catalog.folder().clone());
        let file = writer.write(R::FAMILY.recent(), None, &[batch]).expect("a file");
        let from = self.next_offset.fetch_add(1, Ordering::SeqCst);
        let range = OffsetRange { kafka_partition: KafkaPartition::new("test", 0), from, to: from + 1 };
        let commit = Commit {
            id: Uuid::now_v7(),
            add: vec![file],
            remove: Vec::new(),
            positions: vec![range],
            holes: Vec::new(),
            message: "ingest",
        };
        self.catalog.commit(&commit).await.expect("committed");
    }

    /// Takes attempts to deliver webhooks in as ingest would, as one file.
    pub(crate) async fn store_attempts(&self, events: &[Value]) {
        let mut columns = WebhookColumns::default();
        let mut events = events.to_vec();
        events.sort_by_key(|event| (event["account"].to_string(), event["subject"].to_string()));
        for (offset, event) in (0..).zip(&events) {
            let payload = event.to_string();
            let event = decode(Incoming { headers: &[], payload: payload.as_bytes() }).remove(0).outcome;
            let event = event.unwrap_or_else(|why| panic!("{why:?}: {payload}"));
            let Kind::Webhook(event_type, data) = &event.kind else { panic!("an attempt") };
            let kafka_partition = KafkaPartition::new("attempts", 0);
            let origin = Origin { kafka_partition, offset, element: 0, received_at: event.time };
            columns.push(EventCells::of(&event, event_type.as_str()), data, &origin);
        }
        let writer = FileWriter::new(self.catalog.folder().clone());
        let file =
            writer.write(Table::WebhookDeliveries, None, &[columns.finish().expect("rows")]).expect("a file");
        let commit = Commit {
            id: Uuid::now_v7(),
            add: vec![file],
            remove: Vec::new(),
            positions: Vec::new(),
            holes: Vec::new(),
            message: "ingest",
        };
        self.catalog.commit(&commit).await.expect("committed");
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("the body ends").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Posts a body to `/v1/events`.
    pub(crate) async fn post_events(
        &self,
        authorization: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::post("/v1/events")
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, content_type)
            .body(body.into())
            .expect("a request");
        self.send(request).await
    }

    /// Posts a body to the JSON-RPC door, with more headers.
    pub(crate) async fn post_rpc(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post("/json-rpc/v1.1/")
            .header(header::CONTENT_TYPE, "application/json-rpc; charset=utf-8")
            // What the Python SDK sends.
            .header(header::EXPECT, "");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// Calls a method; the whole answer, `result` or `error`.
    pub(crate) async fn rpc(&self, authorization: &str, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let answer = self.post_rpc(&[("authorization", authorization)], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.text());
        answer.json()
    }

    /// Calls a method that must succeed.
    pub(crate) async fn result(&self, authorization: &str, method: &str, params: Value) -> Value {
        let mut answer = self.rpc(authorization, method, params.clone()).await;
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }

    /// Calls a method that must fail; its code and message.
    pub(crate) async fn failure(&self, authorization: &str, method: &str, params: Value) -> (i64, String) {
        let answer = self.rpc(authorization, method, params.clone()).await;
        assert!(answer.get("result").is_none(), "{method} {params}: {answer}");
        let error = &answer["error"];
        let code = error["code"].as_i64().expect("a code");
        (code, error["message"].as_str().expect("a message").to_owned())
    }
}

pub(crate) fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{password}")))
}

/// A CloudEvent about a call.
pub(crate) fn event(account: &str, call: &str, kind: &str, time: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{call}-{kind}"), "source": "test", "type": kind, "account": account,
        "subject": call, "time": time, "data": data,
    })
}
