//! `POST /v1/sql`: one statement that reads, its answer streamed in the form the client wants.
//!
//! Owns the request, the forms and what an error looks like; what a statement may do, see and take is decided in the
//! engine room of `query` (TEN-1). Dropping the answer, which a client that goes away does, cancels the statement.

mod form;
mod request;
mod stream;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use callhouse_lake::accounts::Principal;
use callhouse_query::{Caller, Error as QueryError};
use futures::StreamExt;

use crate::app::App;
use crate::body::Bodies;
use crate::status::Problem;
use crate::{credentials, scope};
use form::Form;
use request::Asked;

/// Bytes of the columns in a header; more are left out.
const MAX_HEADER_BYTES: usize = 8 << 10;

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    State(bodies): State<Bodies>,
    request: Request<Body>,
) -> Response {
    match answer(&app, &bodies, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(app: &App, bodies: &Bodies, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = credentials::authenticate(app, &parts.headers).await?;
    let held = bodies.read(&parts.headers, body).await?;
    let asked = Asked::read(&parts.headers, &held.bytes)?;
    drop(held);
    let begun_at = app.clock.now();
    let mut rows = app.room.run(&caller(&principal), &asked.sql, &asked.values).await.map_err(problem)?;
    // Most of what goes wrong does before the first rows; until then the status can say so.
    let first = rows.next().await.transpose().map_err(problem)?;
    let seconds = app.clock.now().micros_since(begun_at) / 1_000;
    metrics::histogram!("callhouse_query_seconds", "method" => "sql").record(seconds_of(seconds));
    let columns = form::columns_json(rows.schema());
    let form = asked.form;
    let body = stream::body(form, first, rows)?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    if form != Form::Json
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

fn caller(principal: &Principal) -> Caller {
    Caller { scope: scope::of(principal), name: principal.account.to_string() }
}

/// What a client is told of an error of the room. A fault of ours is logged here.
fn problem(error: QueryError) -> Problem {
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
        QueryError::Invalid { .. } | QueryError::Parameter { .. } | QueryError::UnknownQuery { .. } => {
            Problem::Statement { detail: error.to_string(), hint: None, position: None }
        }
        QueryError::Lake(_) | QueryError::Execute { .. } => {
            tracing::error!(error = &error as &dyn std::error::Error, "a statement failed");
            Problem::Internal
        }
    }
}
