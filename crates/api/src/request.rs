//! What surrounds every request: an id, a span, one log line, two metrics, a guard against panics, and what is known of
//! it before anybody looks into it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use parking_lot::Mutex;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;
use crate::limits::Standing;
use crate::serve::Peer;
use crate::status::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a client's own request id that are kept; a longer one is replaced.
const MAX_ID_CHARACTERS: usize = 64;

/// The request a task is at. Of the task, so that not every function on the way to credentials and to the audit log has
/// to pass it on.
struct Visit {
    /// The address of the client, or of the proxy in front of us.
    origin: String,
    route: String,
    /// How it stands with the limit of its credentials, once they were counted.
    standing: Mutex<Option<Standing>>,
}

tokio::task_local! {
    static VISIT: Arc<Visit>;
}

/// Where the request of this task is from; empty when that is not known.
pub(crate) fn origin() -> String {
    VISIT.try_with(|visit| visit.origin.clone()).unwrap_or_default()
}

/// The pattern of the path of the request of this task.
pub(crate) fn route() -> String {
    VISIT.try_with(|visit| visit.route.clone()).unwrap_or_default()
}

/// Has the answer say how it stands with a limit.
pub(crate) fn note(standing: Standing) {
    // Outside a request, as in tests of parts, there is no answer.
    VISIT.try_with(|visit| *visit.standing.lock() = Some(standing)).unwrap_or_default();
}

pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().to_string();
    // The pattern, not the path: paths are the client's and would make metrics unbounded.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default());
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let origin = peer.map(|ConnectInfo(Peer(address))| address.ip().to_string()).unwrap_or_default();
    let visit = Arc::new(Visit { origin, route: route.clone(), standing: Mutex::new(None) });

    let started_at = app.clock.now();
    let handling = VISIT.scope(Arc::clone(&visit), next.run(request)).instrument(span.clone());
    let handled = AssertUnwindSafe(handling).catch_unwind().await;
    let mut response = handled.unwrap_or_else(|_| {
        // The panic hook has printed where; this says which request.
        span.in_scope(|| tracing::error!(method, path, "a handler panicked"));
        Problem::Internal.into_response()
    });
    let elapsed_ms = app.clock.now().micros_since(started_at) / 1_000;

    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(method, path, status, elapsed_ms, "answered"));
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("callhouse_http_requests_total", &labels).increment(1);
    response.headers_mut().insert(REQUEST_ID, id);
    if let Some(standing) = visit.standing.lock().take() {
        standing.add_headers(response.headers_mut());
    }
    response
}

/// The client's `x-request-id` when it is short and plain, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !bytes.is_empty() && bytes.len() <= MAX_ID_CHARACTERS && bytes.iter().all(allowed)
    };
    request.headers().get(REQUEST_ID).filter(plain).cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&Uuid::now_v7().to_string()).unwrap_or(HeaderValue::from_static("none"))
    })
}
