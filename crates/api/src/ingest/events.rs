//! `POST /v1/events`: every element of the body goes to the log as one message, then the producer is answered.
//!
//! Elements are checked here only to tell the producer early; ingest checks them again and has the last word,
//! because messages also come from Kafka. Keeps LOG-1 and ING-3.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use callhouse_lake::accounts::{AccessScope, AccountDirectory};
use callhouse_log::Error as LogError;

use crate::access;
use crate::app::App;
use crate::body::Bodies;
use crate::ingest::answer::Answer;
use crate::ingest::check::check;
use crate::status::{self, Problem};

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    State(directory): State<AccountDirectory>,
    State(bodies): State<Bodies>,
    request: Request<Body>,
) -> Response {
    match take(&app, &directory, &bodies, request).await {
        Ok(answer) => {
            (status::of_ingest(answer.accepted, answer.rejected_count), Json(answer)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn take(
    app: &App,
    directory: &AccountDirectory,
    bodies: &Bodies,
    request: Request<Body>,
) -> Result<Answer, Problem> {
    let (parts, body) = request.into_parts();
    let principal = access::enter(app, &parts.headers, AccessScope::Ingest).await?;
    let held = bodies.read(&parts.headers, body).await?;
    let bytes = held.bytes.clone();
    let received_at = app.clock.now();
    // Decoding 10 MB takes tens of milliseconds: not on a thread that serves others.
    let checking = tokio::task::spawn_blocking(move || check(&parts.headers, &bytes, received_at));
    let mut checked = checking.await.map_err(|_| Problem::Internal)??;
    checked.permit(directory, &principal).await?;
    let (answer, messages) = checked.into_messages(&principal);
    if !messages.is_empty() {
        app.appender.append(messages).await.map_err(|error| refuse(&error))?;
    }
    drop(held);
    count(&answer);
    Ok(answer)
}

fn refuse(error: &LogError) -> Problem {
    if matches!(error, LogError::Full) {
        metrics::counter!("callhouse_http_log_full_total").increment(1);
        return Problem::LogFull;
    }
    tracing::error!(error = error as &dyn std::error::Error, "appending events to the log failed");
    Problem::Unavailable { detail: "the event log does not answer; send the request again" }
}

fn count(answer: &Answer) {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("callhouse_http_events_total", "outcome" => "accepted")
        .increment(number(answer.accepted));
    metrics::counter!("callhouse_http_events_total", "outcome" => "rejected")
        .increment(number(answer.rejected_count));
}
