//! `POST /v1/exports`: asks for a file.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callhouse_exports::Asked;
use callhouse_lake::accounts::AccessScope;

use super::request;
use super::shown::shown;
use crate::app::App;
use crate::body::Bodies;
use crate::status::Problem;
use crate::{access, callr};

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    State(bodies): State<Bodies>,
    request: Request<Body>,
) -> Response {
    match create(&app, &bodies, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn create(app: &App, bodies: &Bodies, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = access::enter(app, &parts.headers, AccessScope::Export).await?;
    let held = bodies.read(&parts.headers, body).await?;
    let (spec, webhook) = request::read(&parts.headers, &held.bytes)?;
    drop(held);
    let webhook = callr::webhook_of_request(app, &principal.account, webhook).await?;
    let asked = app.exports.ask(&principal.account, principal.admin, &spec, webhook).await;
    let job = asked.map_err(|error| match error {
        Asked::Refused(refusal) => Problem::Parameter { detail: refusal.to_string() },
        Asked::Lake(error @ callhouse_lake::Error::TooManyJobs { .. }) => {
            Problem::TooManyExports { detail: format!("{error}; wait for them, or cancel some") }
        }
        Asked::Lake(error) => super::no_answer(&error),
    })?;
    let mut response = (StatusCode::ACCEPTED, Json(shown(app, &job))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/exports/{}", job.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
