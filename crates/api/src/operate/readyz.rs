//! `GET /readyz`: whether requests can be served now, and every reason why not.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::timeout;

use crate::app::App;
use crate::status::{self, chain};

/// How long each part may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
pub(crate) struct Report {
    ready: bool,
    problems: Vec<String>,
}

pub(crate) async fn get(State(app): State<Arc<App>>) -> (StatusCode, Json<Report>) {
    let (catalog, mut problems) = tokio::join!(catalog_problem(&app), other_problems(&app));
    problems.extend(catalog);
    let ready = problems.is_empty();
    (status::of_readiness(ready), Json(Report { ready, problems }))
}

async fn catalog_problem(app: &App) -> Option<String> {
    match timeout(PATIENCE, app.catalog.snapshot()).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(format!("the catalog cannot be read: {}", chain(&error))),
        Err(_) => Some(format!("the catalog has not answered within {} s", PATIENCE.as_secs())),
    }
}

async fn other_problems(app: &App) -> Vec<String> {
    timeout(PATIENCE, app.readiness.problems())
        .await
        .unwrap_or_else(|_| vec![format!("ingest has not said how it is within {} s", PATIENCE.as_secs())])
}
