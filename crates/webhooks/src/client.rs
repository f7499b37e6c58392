//! Sending: one POST without redirects, retries or proxies, through the endpoint wall, and a bounded reply.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use callhouse_lake::webhooks::{Endpoint, Refused, Wall};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use tokio::time::timeout;

use crate::attempt::{Reply, Request, Status};

/// What CALLR's deliveries say they come from; receivers match on it.
pub(crate) const USER_AGENT: &str = "CALLR/API 0.9942";

/// Bytes of a reply's body that are kept.
const EXCERPT_BYTES: usize = 2_048;
/// Bytes of a reply's body that are read; a longer one counts as whole, and its connection is closed.
const MOST_REPLY_BYTES: usize = 64 << 10;
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("making the HTTP client of webhooks failed")]
pub struct ClientError(#[source] reqwest::Error);

pub(crate) struct Client {
    http: reqwest::Client,
    wall: Wall,
    timeout: Duration,
}

impl Client {
    pub(crate) fn new(wall: Wall, limit: Duration, connections: usize) -> Result<Self, ClientError> {
        // reqwest brings no cryptography; whoever installs it first in a process wins.
        drop(tokio_rustls::rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .gzip(false)
            .http1_only()
            .dns_resolver(WallResolver(wall.clone()))
            .pool_max_idle_per_host(connections)
            .pool_idle_timeout(IDLE_CONNECTION)
            .build()
            .map_err(ClientError)?;
        Ok(Self { http, wall, timeout: limit })
    }

    /// Sends a request and reads the reply, in time.
    pub(crate) async fn send(&self, endpoint: &str, request: &Request) -> Reply {
        match timeout(self.timeout, self.exchange(endpoint, request)).await {
            Ok(reply) => reply,
            Err(_) => {
                let detail = format!("no whole reply within {} ms", self.timeout.as_millis());
                failed(Status::Timeout, None, detail)
            }
        }
    }

    async fn exchange(&self, endpoint: &str, request: &Request) -> Reply {
        // An address in the URL is connected to without asking a resolver.
        match Endpoint::parse(endpoint) {
            Ok(parsed) => {
                if let Some(refused) = self.wall.refuses_literal(&parsed) {
                    return failed(Status::AddressForbidden, None, refused.to_string());
                }
            }
            Err(fault) => return failed(Status::ConnectionError, None, fault.to_string()),
        }
        let mut post = self.http.post(endpoint).body(request.body.clone());
        for (name, value) in &request.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                post = post.header(HeaderName::from_static(name), value);
            }
        }
        match post.send().await {
            Ok(response) => read(response).await,
            Err(error) => failed(kind_of(&error), None, chain(&error)),
        }
    }
}

/// Reads a reply to its end or to the limit.
async fn read(mut response: reqwest::Response) -> Reply {
    let code = response.status();
    let http_code = Some(code.as_u16());
    let (mut excerpt, mut read_bytes) = (Vec::new(), 0);
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) => {
                read_bytes += chunk.len();
                let room = EXCERPT_BYTES - excerpt.len();
                excerpt.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if read_bytes > MOST_REPLY_BYTES {
                    break;
                }
            }
            Err(error) => {
                let detail = format!("the reply broke off after {read_bytes} bytes: {}", chain(&error));
                let excerpt = text_of(&excerpt);
                return Reply { excerpt, ..failed(Status::ReplyIncomplete, http_code, detail) };
            }
        }
    }
    let excerpt = text_of(&excerpt);
    if code.is_success() {
        return Reply { status: Status::Success, http_code, excerpt, detail: None };
    }
    Reply { excerpt, ..failed(Status::HttpError, http_code, format!("HTTP status {code}")) }
}

/// A reply's bytes as text; what is no UTF-8 is replaced.
fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn failed(status: Status, http_code: Option<u16>, detail: String) -> Reply {
    Reply { status, http_code, excerpt: String::new(), detail: Some(detail) }
}

/// What kind of failure an error without a reply is.
fn kind_of(error: &reqwest::Error) -> Status {
    let causes = || causes_of(error);
    if causes().any(|cause| cause.is::<Refused>()) {
        Status::AddressForbidden
    } else if error.is_dns() {
        Status::DnsError
    } else if causes().any(<dyn StdError>::is::<tokio_rustls::rustls::Error>) {
        Status::TlsError
    } else if causes().any(is_timeout) {
        Status::Timeout
    } else {
        Status::ConnectionError
    }
}

fn is_timeout(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::TimedOut)
}

/// What lies behind an error, the nearest first. What an I/O error is made of counts: its own source is what lies behind
/// that, and TLS puts one into another.
fn causes_of(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        let made_of = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = made_of.map(|error| error as &(dyn StdError + 'static)).or_else(|| cause.source());
        Some(cause)
    })
}

/// An error and its causes in one line. The first is reqwest's, which only repeats the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = causes_of(error).map(ToString::to_string).collect();
    // An I/O error says what it is made of says.
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// Names resolve to what the wall lets through, and a connection is made to nothing else.
struct WallResolver(Wall);

impl Resolve for WallResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let wall = self.0.clone();
        Box::pin(async move {
            let addresses = wall.resolve(name.as_str()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
