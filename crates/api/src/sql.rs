//! `POST /v1/sql`: one statement that reads, its answer streamed in the form the client wants.
//!
//! Owns the request; what a statement may do, see and take is decided in the engine room of `query` (TEN-1).

mod request;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use callhouse_lake::accounts::AccessScope;

use crate::app::App;
use crate::body::Bodies;
use crate::status::Problem;
use crate::{access, answer};
use request::Asked;

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    State(bodies): State<Bodies>,
    request: Request<Body>,
) -> Response {
    match ask(&app, &bodies, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn ask(app: &App, bodies: &Bodies, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = access::enter(app, &parts.headers, AccessScope::Sql).await?;
    let held = bodies.read(&parts.headers, body).await?;
    let asked = Asked::read(&parts.headers, &held.bytes)?;
    drop(held);
    let asked_at = app.clock.now();
    let rows = app.room.run(&answer::caller(&principal), &asked.sql, &asked.values).await;
    answer::respond(app, "sql", asked_at, asked.format, rows.map_err(answer::problem)?).await
}
