//! `GET /v1/exports/{id}`: how far it is, and what it made.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::shown::shown;
use crate::app::App;

pub(crate) async fn get(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match super::find(&app, &id, &headers).await {
        Ok((_, _, job)) => Json(shown(&app, &job)).into_response(),
        Err(problem) => problem.into_response(),
    }
}
