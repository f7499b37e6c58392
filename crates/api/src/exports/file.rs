//! `GET /v1/exports/{id}/file`, whole or in part, and `…/manifest`: what was made.
//!
//! Whoever has no credentials needs a link (`expires`, `signature`), which the export's result has. The file never
//! changes, so its hash is its strong validator, and a download can be resumed.

use std::fs::File;
use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callhouse_lake::jobs::{Job, JobId, JobStatus, Viewer};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::range::{Wanted, wanted};
use crate::app::App;
use crate::status::{Problem, chain};

/// Bytes read and sent at once.
const CHUNK_BYTES: usize = 128 * 1024;

const BAD_LINK: Problem =
    Problem::Unauthenticated { detail: "the link is not good; GET /v1/exports/{id} gives a new one" };
const OLD_LINK: Problem =
    Problem::Unauthenticated { detail: "the link has expired; GET /v1/exports/{id} gives a new one" };

/// The file.
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(params): RawQuery,
    headers: HeaderMap,
) -> Response {
    let sent = async {
        let job = found(&app, &id, params.as_deref().unwrap_or_default(), &headers).await?;
        let said = |member: &str| {
            job.result.as_ref().and_then(|result| result[member].as_str()).unwrap_or_default().to_owned()
        };
        let shown = Shown {
            name: said("filename"),
            media_type: said("media_type"),
            tag: said("sha256"),
            in_parts: true,
        };
        let exports = app.exports.clone();
        send(&shown, &headers, move || exports.open_file(&job)).await
    };
    sent.await.unwrap_or_else(IntoResponse::into_response)
}

/// Its manifest.
pub(crate) async fn manifest(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(params): RawQuery,
    headers: HeaderMap,
) -> Response {
    let sent = async {
        let job = found(&app, &id, params.as_deref().unwrap_or_default(), &headers).await?;
        let name = job.result.as_ref().and_then(|result| result["filename"].as_str()).unwrap_or_default();
        let shown = Shown {
            name: format!("{name}.manifest.json"),
            media_type: "application/json".to_owned(),
            tag: format!("{}-{}", job.id, job.attempt),
            in_parts: false,
        };
        let exports = app.exports.clone();
        send(&shown, &headers, move || exports.open_manifest(&job)).await
    };
    sent.await.unwrap_or_else(IntoResponse::into_response)
}

/// The job whose file may be fetched with this request.
async fn found(app: &App, id: &str, params: &str, headers: &HeaderMap) -> Result<Job, Problem> {
    let given: Vec<(String, String)> = serde_urlencoded::from_str(params).map_err(|_| BAD_LINK)?;
    let value = |name: &str| given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let job = match (value("expires"), value("signature")) {
        (None, None) => super::find(app, id, headers).await?.2,
        (expires, signature) => {
            let expires = expires.and_then(|text| text.parse().ok()).ok_or(BAD_LINK)?;
            linked(app, id, expires, signature.ok_or(BAD_LINK)?).await?
        }
    };
    let is = |detail: String| Err(Problem::NotReady { detail });
    match job.status {
        JobStatus::Pending => is("the export waits for its turn".to_owned()),
        JobStatus::Running => is(format!("{} % of the export are done", job.percent)),
        JobStatus::Canceled => Err(Problem::Gone { detail: "the export was canceled".to_owned() }),
        JobStatus::Done if job.error.is_some() => {
            Err(Problem::Gone { detail: "the export failed; GET /v1/exports/{id} says why".to_owned() })
        }
        JobStatus::Done if app.exports.has_expired(&job) => {
            Err(Problem::Gone { detail: "the file has expired; ask for the export again".to_owned() })
        }
        JobStatus::Done => Ok(job),
    }
}

/// The job of a link: whoever has it may fetch, as long as the account may.
async fn linked(app: &App, id: &str, expires: i64, signature: &str) -> Result<Job, Problem> {
    let parsed = JobId::parse(id).ok_or(BAD_LINK)?;
    if !app.exports.links().is_signed(&parsed, expires, signature) {
        return Err(BAD_LINK);
    }
    if app.clock.now() >= callhouse_core::Timestamp::from_seconds(expires) {
        return Err(OLD_LINK);
    }
    let job = super::seen(app, &Viewer::Administrator, id).await?;
    match app.accounts.is_enabled(&job.account).await {
        Ok(true) => Ok(job),
        Ok(false) => Err(BAD_LINK),
        Err(error) => Err(super::no_answer(&error)),
    }
}

/// How something sent is called.
struct Shown {
    name: String,
    media_type: String,
    /// What makes it this and no other.
    tag: String,
    /// Whether parts of it are sent.
    in_parts: bool,
}

async fn send(
    shown: &Shown,
    headers: &HeaderMap,
    open: impl FnOnce() -> Result<Option<File>, callhouse_exports::Error> + Send + 'static,
) -> Result<Response, Problem> {
    let internal = |error: &dyn std::error::Error| {
        tracing::error!(error = chain(error), "a file of an export cannot be read");
        Problem::Internal
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(|error| internal(&error))?;
    let file = opened.map_err(|error| internal(&error))?.ok_or(Problem::Internal)?;
    let length = file.metadata().map_err(|error| internal(&error))?.len();
    let tag = format!("\"{}\"", shown.tag);
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let names_it = |list: &str| {
        list.split(',').any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
    };
    if text(header::IF_NONE_MATCH).is_some_and(names_it) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    // A part of another file would be worse than the whole of this one.
    let is_current = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = text(header::RANGE).filter(|_| is_current && shown.in_parts);
    let mut file = tokio::fs::File::from_std(file);
    let (status, first, count) = match wanted(range, length) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Unsatisfiable => return Err(Problem::Range { length }),
    };
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await.map_err(|error| internal(&error))?;
    }
    let bytes = ReaderStream::with_capacity(file.take(count), CHUNK_BYTES);
    let mut response = (status, Body::from_stream(bytes)).into_response();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, shown.media_type.clone());
    set(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", shown.name));
    set(header::CONTENT_LENGTH, count.to_string());
    set(header::ACCEPT_RANGES, if shown.in_parts { "bytes" } else { "none" }.to_owned());
    set(header::CACHE_CONTROL, "private, no-transform".to_owned());
    set(header::ETAG, tag);
    if status == StatusCode::PARTIAL_CONTENT {
        set(header::CONTENT_RANGE, format!("bytes {first}-{}/{length}", first + count - 1));
    }
    Ok(response)
}
