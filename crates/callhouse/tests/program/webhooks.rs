//! Webhooks of the real program: from an event posted to an endpoint of the test, and through a SIGKILL.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use callhouse_testkit::{poll_for, poll_until};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::{DEADLINE, Place, Server, http_client, installed};

/// How long a webhook may take from its event to its endpoint: what has not come by then will not.
const ANNOUNCED: Duration = Duration::from_secs(30);

const SECRET: &str = "a secret of some length";

const SETTINGS: [(&str, &str); 4] = [
    ("CALLHOUSE_INGEST_FLUSH_AGE_MS", "20"),
    ("CALLHOUSE_WEBHOOKS_ALLOW_PRIVATE_ENDPOINTS", "true"),
    ("CALLHOUSE_WEBHOOKS_TIMEOUT_MS", "1000"),
    ("CALLHOUSE_LOG_FILTER", "warn"),
];

/// What was posted: the body, and the signature if there was one.
type Post = (Vec<u8>, Option<String>);

/// An endpoint that keeps what it gets, and answers 200 unless it is told to hang.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    posts: Arc<Mutex<Vec<Post>>>,
    hangs: Arc<AtomicBool>,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With a certificate that `certificate.pem` has signed.
    async fn start_with_tls() -> Self {
        let files = callhouse_pg::TlsFiles {
            certificate: fixture("endpoint.pem").into(),
            key: fixture("endpoint-key.pem").into(),
        };
        Self::start_with(Some(TlsAcceptor::from(files.config().expect("a certificate")))).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (posts, hangs): (Arc<Mutex<Vec<Post>>>, Arc<AtomicBool>) = Default::default();
        let shared = (Arc::clone(&posts), Arc::clone(&hangs));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (posts, hangs) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, posts, hangs).await,
                        Some(tls) => serve(tls.accept(stream).await.ok()?, posts, hangs).await,
                    }
                });
            }
        });
        Self { address, scheme, posts, hangs }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}/hooks", self.scheme, self.address)
    }

    /// The posted events.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.posts.lock().iter().map(|(body, _)| serde_json::from_slice(body).expect("JSON")).collect()
    }

    /// Waits until a server has posted so much; when it does not, says what came and what the server says.
    async fn wait_for(&self, count: usize, server: &Server) {
        poll_for(ANNOUNCED, || async {
            let events = self.events();
            if events.len() >= count {
                return Ok(());
            }
            let state = server.measured("callhouse_webhook_").await;
            let errors = server.running.errors();
            Err(format!("{} of {count} posts came: {events:#?}\n{state}\n{errors}", events.len()))
        })
        .await;
    }
}

fn fixture(name: &str) -> String {
    format!("{}/../../tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    posts: Arc<Mutex<Vec<Post>>>,
    hangs: Arc<AtomicBool>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .filter(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .next()
        };
        let mut body = vec![0; header("content-length")?.parse().ok()?];
        stream.read_exact(&mut body).await.ok()?;
        posts.lock().push((body, header("x-callr-hmacsignature")));
        if hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

/// A place with the account `acme`, a key of it, and one that may post.
fn place() -> (Place, String, String) {
    let place = Place::new();
    let admin = place.admin_key();
    place.run(["account", "create", "acme"]);
    let key = place.run(["api-key", "create", "--account", "acme", "--name", "test"]).trim().to_owned();
    (place, admin, key)
}

async fn subscribe(server: &Server, key: &str, webhook_type: &str, endpoint: &Endpoint) {
    let options = json!({"hmac_secret": SECRET, "hmac_algo": "SHA1"});
    server.ask(key, "webhooks.subscribe", json!([webhook_type, endpoint.url(), options])).await;
}

async fn post(server: &Server, key: &str, call: &str, kind: &str, data: Value) {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::UNIX_EPOCH + since_epoch());
    let event = json!({
        "specversion": "1.0", "id": format!("{call}-{kind}"), "source": "test", "type": kind, "account": "acme",
        "subject": call, "time": now.to_rfc3339(), "data": data,
    });
    let answer = http_client()
        .post(format!("{}/v1/events", server.address))
        .bearer_auth(key)
        .header("content-type", "application/cloudevents+json")
        .body(event.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 202);
}

#[expect(clippy::disallowed_methods, reason = "the program compares what happened with its own clock")]
fn since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_announced_when_it_starts_and_when_it_hangs_up() {
    let (place, admin, key) = place();
    let endpoint = Endpoint::start().await;
    let server = place.serve(&SETTINGS, &[]);
    for webhook_type in ["call.inbound_start", "call.inbound_hangup", "call.outbound_hangup"] {
        subscribe(&server, &key, webhook_type, &endpoint).await;
    }
    let data = json!({"direction": "inbound", "from": "+33612345678", "to": "+33123456789"});
    post(&server, &admin, "c1", "call.started", data).await;
    endpoint.wait_for(1, &server).await;
    // No direction: the record has it.
    post(&server, &admin, "c1", "call.ended", json!({"release_cause": 16})).await;
    endpoint.wait_for(2, &server).await;
    let events = endpoint.events();
    assert_eq!(events[0]["type"], "call.inbound_start");
    assert_eq!(events[0]["data"]["cli_number"], "+33612345678");
    assert_eq!((&events[0]["data"]["hangup"], &events[0]["try"]), (&Value::Null, &json!(0)));
    assert_eq!(events[1]["type"], "call.inbound_hangup");
    assert_eq!(events[1]["data"]["hangupcause"], 16);
    assert!(events[1]["data"]["hangup"].is_string());
    let cdr = server.ask(&key, "cdr.search", json!([{"type": "IN", "hash": "c1"}, {}])).await;
    assert_eq!(cdr["hits"][0], events[1]["data"], "the event says what cdr.search says");
    server.stop().await;
    check_with_node(&endpoint);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_announced_when_it_comes_in_and_when_its_status_changes() {
    let (place, admin, key) = place();
    let endpoint = Endpoint::start().await;
    let server = place.serve(&SETTINGS, &[]);
    for webhook_type in ["sms.mo", "sms.mt.status_update"] {
        subscribe(&server, &key, webhook_type, &endpoint).await;
    }
    let inbound = json!({"from": "+33612345678", "to": "+33123456789", "text": "STOP"});
    post(&server, &admin, "m1", "sms.received", inbound).await;
    endpoint.wait_for(1, &server).await;
    // Being made is no change of status.
    let made = json!({"from": "ACME", "to": "+33612345678", "text": "Hi"});
    post(&server, &admin, "m2", "sms.created", made).await;
    post(&server, &admin, "m2", "sms.sent", json!({})).await;
    endpoint.wait_for(2, &server).await;
    post(&server, &admin, "m2", "sms.delivered", json!({})).await;
    endpoint.wait_for(3, &server).await;
    let events = endpoint.events();
    let told = events.iter().map(|event| json!([event["type"], event["data"]["status"]]));
    let expected = json!([
        ["sms.mo", "RECEIVED"],
        ["sms.mt.status_update", "SENT"],
        ["sms.mt.status_update", "RECEIVED"],
    ]);
    assert_eq!(told.collect::<Value>(), expected);
    for (event, id) in [(&events[0], "m1"), (&events[2], "m2")] {
        let found = server.ask(&key, "sms.search", json!([{"id": id}])).await;
        assert_eq!(found["hits"][0], event["data"], "the event says what sms.search says");
    }
    server.stop().await;
}

/// As clients do that sign what they parsed and wrote again: the bytes must be JavaScript's own.
fn check_with_node(endpoint: &Endpoint) {
    const SCRIPT: &str = "
        const crypto = require('crypto');
        const [body, signature] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const again = JSON.stringify(JSON.parse(body));
        const own = crypto.createHmac('SHA1', process.argv[1]).update(again).digest('base64');
        if (again !== body || own !== signature) { console.error(again, own); process.exit(1); }";
    if installed("node/node_modules/callr", "tests/sdk/install").is_none() {
        return;
    }
    for (body, signature) in endpoint.posts.lock().iter() {
        let body = String::from_utf8(body.clone()).expect("UTF-8");
        let mut node = Command::new(Path::new("node"))
            .args(["-e", SCRIPT, SECRET])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node starts");
        let input = json!([body, signature]).to_string();
        node.stdin.take().expect("piped").write_all(input.as_bytes()).expect("node reads");
        let output = node.wait_with_output().expect("node ends");
        assert!(output.status.success(), "{body}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sigkill_between_sending_and_logging_gives_a_second_try() {
    let (place, admin, key) = place();
    let endpoint = Endpoint::start().await;
    let mut server = place.serve(&SETTINGS, &[]);
    subscribe(&server, &key, "call.inbound_start", &endpoint).await;
    endpoint.hangs.store(true, Ordering::SeqCst);
    post(&server, &admin, "c1", "call.started", json!({"direction": "inbound"})).await;
    // The request is there whole, the reply is not: killed now, the attempt is not in the log.
    endpoint.wait_for(1, &server).await;
    server.running.kill();
    endpoint.hangs.store(false, Ordering::SeqCst);
    let server = place.serve(&SETTINGS, &[]);
    endpoint.wait_for(2, &server).await;
    let events = endpoint.events();
    let ids: BTreeSet<String> = events.iter().map(|event| event["event_id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "the second try has another id");
    assert_eq!((&events[0]["try"], &events[1]["try"]), (&json!(0), &json!(1)));
    assert_eq!(events[0]["data"], events[1]["data"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_goes_over_tls_only_to_who_can_prove_who_they_are() {
    let (place, admin, key) = place();
    let endpoint = Endpoint::start_with_tls().await;
    let authority = fixture("certificate.pem");
    let trusting: Vec<_> = SETTINGS.into_iter().chain([("SSL_CERT_FILE", authority.as_str())]).collect();
    let server = place.serve(&trusting, &[]);
    subscribe(&server, &key, "call.inbound_start", &endpoint).await;
    post(&server, &admin, "c1", "call.started", json!({"direction": "inbound"})).await;
    endpoint.wait_for(1, &server).await;
    assert_eq!(endpoint.events()[0]["type"], "call.inbound_start");
    server.stop().await;

    let server = place.serve(&SETTINGS, &[]);
    post(&server, &admin, "c2", "call.started", json!({"direction": "inbound"})).await;
    let filters = json!([{"status": "TLS_ERROR"}, {}]);
    let refused = || async {
        let logs = server.ask(&key, "webhooks.search_logs", filters.clone()).await;
        logs["hits"].as_array().is_some_and(|hits| !hits.is_empty())
    };
    poll_until(DEADLINE, refused).await;
    assert_eq!(endpoint.events().len(), 1, "it was sent to whom nobody vouches for");
    server.stop().await;
}
