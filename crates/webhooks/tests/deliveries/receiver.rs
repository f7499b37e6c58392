//! An HTTP server that keeps what it is sent, and answers as it is told: well, badly, late or never.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callhouse_testkit::poll_until;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u16),
    /// 301 to another path of the same receiver.
    Redirect(&'static str),
    /// Reads the request and says nothing.
    Hang,
    /// Begins a reply of 200 and sends a byte of its body every 50 ms.
    SlowBody,
    /// Promises 100 bytes of body, sends 10 and closes.
    HalfABody,
    /// Closes before it answers.
    Close,
    /// 200 with a body that has no end.
    EndlessBody,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    /// By path; those not in it get 200.
    answers: HashMap<String, Answer>,
}

/// Ended when dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: AbortHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            // Connections end with this task.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state, accepting: accepting.abort_handle() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        self.state.lock().answers.insert(path.to_owned(), answer);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }

    pub(crate) fn received_at(&self, path: &str) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|received| received.path == path);
        received
    }

    /// Waits until so many requests came in.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> impl Future<Output = ()> + '_ {
        poll_until(DEADLINE, move || std::future::ready(self.state.lock().received.len() >= count))
    }
}

/// An address nobody listens on.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/nobody", listener.local_addr().unwrap())
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let answer = {
            let mut state = state.lock();
            let answer = state.answers.get(&request.path).cloned().unwrap_or(Answer::Status(200));
            state.received.push(request);
            answer
        };
        if !reply(&mut stream, answer).await {
            return;
        }
    }
}

/// The next request of a connection; `None` when there is none.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { path, headers, body })
}

/// True when the connection goes on.
async fn reply(stream: &mut BufReader<TcpStream>, answer: Answer) -> bool {
    let whole = |code: u16, more: &str| format!("HTTP/1.1 {code} x\r\n{more}content-length: 2\r\n\r\nok");
    let head = match &answer {
        Answer::Status(code) => whole(*code, ""),
        Answer::Redirect(path) => whole(301, &format!("location: {path}\r\n")),
        Answer::Hang => {
            std::future::pending::<()>().await;
            return false;
        }
        Answer::Close => return false,
        Answer::SlowBody | Answer::HalfABody => {
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789".to_owned()
        }
        Answer::EndlessBody => "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
    };
    if stream.write_all(head.as_bytes()).await.is_err() {
        return false;
    }
    match answer {
        Answer::SlowBody => {
            for _ in 0..90 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if stream.write_all(b"x").await.is_err() {
                    return false;
                }
            }
            true
        }
        Answer::EndlessBody => {
            while stream.write_all(&[b'x'; 1_024]).await.is_ok() {}
            false
        }
        Answer::HalfABody => false,
        _ => true,
    }
}
