//! `DELETE /v1/exports/{id}`: cancels an export that has not ended, forgets one that has, with its file.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::status::{Problem, chain};

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match remove(&app, &id, &headers).await {
        Ok(status) => status.into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn remove(app: &App, id: &str, headers: &HeaderMap) -> Result<StatusCode, Problem> {
    let (_, viewer, job) = super::find(app, id, headers).await?;
    match app.exports.delete(&viewer, &job).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(callhouse_exports::Error::Lake(error)) => Err(super::no_answer(&error)),
        Err(error) => {
            // Nobody can fetch it any more, and upkeep removes it.
            tracing::warn!(error = chain(&error), "a file of an export was left behind");
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
