//! What surrounds every request: an id, a span, one log line, two metrics, and a guard against panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;
use crate::status::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a client's own request id that are kept; a longer one is replaced.
const MAX_ID_CHARACTERS: usize = 64;

pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().to_string();
    // The pattern, not the path: paths are the client's and would make metrics unbounded.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default());

    let started_at = app.clock.now();
    let handled = AssertUnwindSafe(next.run(request).instrument(span.clone())).catch_unwind().await;
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
