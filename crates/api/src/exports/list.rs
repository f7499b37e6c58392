//! `GET /v1/exports`: newest first, in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use callhouse_lake::accounts::AccessScope;
use serde_json::{Value, json};

use super::shown::shown;
use crate::app::App;
use crate::status::Problem;
use crate::{access, scope};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(params): RawQuery,
    headers: HeaderMap,
) -> Response {
    match page(&app, params.as_deref().unwrap_or_default(), &headers).await {
        Ok(page) => Json(page).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn page(app: &App, params: &str, headers: &HeaderMap) -> Result<Value, Problem> {
    let principal = access::enter(app, headers, AccessScope::Export).await?;
    let viewer = scope::viewer(&principal);
    let refused = |detail: String| Problem::Parameter { detail };
    let given: Vec<(String, String)> = serde_urlencoded::from_str(params)
        .map_err(|error| refused(format!("the query string cannot be read: {error}")))?;
    let (mut limit, mut before) = (DEFAULT_LIMIT, None);
    for (name, value) in given {
        match name.as_str() {
            "limit" => {
                let known = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit = known.ok_or_else(|| refused(format!("limit must be 1 to {MAX_LIMIT}")))?;
            }
            "before" => before = Some(super::seen(app, &viewer, &value).await?),
            _ => {
                return Err(refused(format!(
                    "{name:?} is no parameter of this list, which has limit, before"
                )));
            }
        }
    }
    let kind = Some(callhouse_exports::KIND);
    let jobs = app.exports.jobs().list(&viewer, kind, before.as_ref(), limit).await;
    let jobs = jobs.map_err(|error| super::no_answer(&error))?;
    Ok(json!({ "exports": jobs.iter().map(|job| shown(app, job)).collect::<Vec<Value>>() }))
}
