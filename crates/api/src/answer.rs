//! Answers of the engine room: streamed in the form the client wants, and what an error looks like.
//!
//! Dropping an answer, which a client that goes away does, cancels what makes it.

mod stream;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use callhouse_core::Timestamp;
use callhouse_lake::accounts::Principal;
use callhouse_query::{Caller, Error as QueryError, Format, Rows, columns_json};
use futures::StreamExt;

use crate::app::App;
use crate::scope;
use crate::status::{Problem, chain};

pub(crate) use stream::sent_so_far;

/// Bytes of the columns in a header; more are left out.
const MAX_HEADER_BYTES: usize = 8 << 10;

/// The form that is asked for by name, else the one of the `Accept` header, else JSON.
///
/// # Errors
/// [`Problem::Parameter`] for a name that no form has.
pub(crate) fn format(name: Option<&str>, headers: &HeaderMap) -> Result<Format, Problem> {
    if let Some(name) = name {
        return name.parse().map_err(|error: QueryError| Problem::Parameter { detail: error.to_string() });
    }
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    Ok(accepted.and_then(Format::of_accept).unwrap_or(Format::Json))
}

/// The answer of a door to a question asked at an instant. `door` names it in metrics.
///
/// # Errors
/// What goes wrong before the first rows; until then the status can say so.
pub(crate) async fn respond(
    app: &App,
    door: &'static str,
    asked_at: Timestamp,
    format: Format,
    mut rows: Rows,
) -> Result<Response, Problem> {
    let first = rows.next().await.transpose().map_err(problem)?;
    let milliseconds = app.clock.now().micros_since(asked_at) / 1_000;
    metrics::histogram!("callhouse_query_seconds", "method" => door).record(seconds_of(milliseconds));
    let columns = columns_json(rows.schema());
    let mut response = Response::new(stream::body(format, first, rows)?);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if format != Format::Json
        && columns.len() <= MAX_HEADER_BYTES
        && let Ok(columns) = HeaderValue::from_str(&columns)
    {
        headers.insert("x-callhouse-columns", columns);
    }
    Ok(response)
}

fn seconds_of(milliseconds: i64) -> f64 {
    f64::from(i32::try_from(milliseconds).unwrap_or(i32::MAX)) / 1_000.0
}

/// Who asks the room.
pub(crate) fn caller(principal: &Principal) -> Caller {
    Caller { scope: scope::of(principal), name: principal.account.to_string() }
}

/// What a client is told of an error of the room. A fault of ours is logged here.
pub(crate) fn problem(error: QueryError) -> Problem {
    let too_much =
        |constant, error: &QueryError| Problem::StatementTooMuch { constant, detail: error.to_string() };
    match &error {
        QueryError::Busy { .. } => Problem::StatementsBusy { detail: error.to_string() },
        QueryError::TimeLimit { .. } => too_much("TIME_LIMIT", &error),
        QueryError::TooLarge { .. } => too_much("TOO_LARGE", &error),
        QueryError::Idle { .. } => too_much("NOT_READ", &error),
        QueryError::OutOfMemory { .. } => too_much("OUT_OF_MEMORY", &error),
        QueryError::Statement { .. } => {
            let QueryError::Statement { reason, position, hint } = error else { return Problem::Internal };
            Problem::Statement { detail: reason, hint, position }
        }
        QueryError::Invalid { .. } => {
            Problem::Statement { detail: error.to_string(), hint: None, position: None }
        }
        QueryError::Parameter { .. } => Problem::Parameter { detail: error.to_string() },
        QueryError::UnknownQuery { .. } => {
            Problem::UnknownQuery { detail: format!("{error}; GET /v1/queries lists them") }
        }
        QueryError::Lake(_) | QueryError::Execute { .. } => {
            tracing::error!(error = chain(&error), "a question failed");
            Problem::Internal
        }
    }
}
