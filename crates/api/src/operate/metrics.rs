//! `GET /metrics`: what the process has counted, in Prometheus text form.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::status::Problem;

/// Upper bounds in seconds for everything measured as a time: from cached summaries to a month's export.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// Makes this process count. The binary calls it once, before anything else starts; the handle goes into
/// [`App::metrics`].
///
/// # Errors
/// [`BuildError`] when a recorder is already installed.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    metrics::describe_histogram!("callhouse_query_seconds", "time to answer one API method");
    metrics::describe_counter!("callhouse_http_requests_total", "HTTP requests by route and status");
    metrics::describe_counter!("callhouse_http_events_total", "events taken by POST /v1/events by outcome");
    metrics::describe_counter!(
        "callhouse_http_log_full_total",
        "requests told to come back: the log was full"
    );
    metrics::describe_counter!(
        "callhouse_http_rate_limited_total",
        "requests beyond the limit of their key or login by route"
    );
    metrics::describe_counter!("callhouse_json_rpc_errors_total", "JSON-RPC errors by method and message");
    Ok(handle)
}

pub(crate) async fn get(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let Some(handle) = &app.metrics else {
        return Problem::NotFound { path: uri.path().to_owned() }.into_response();
    };
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}
