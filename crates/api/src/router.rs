//! Paths to handlers, and the layers around all of them.

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::app::{App, Doors};
use crate::status::Problem;
use crate::{callr, exports, ingest, openapi, operate, queries, request, routes, sql};

/// All doors over one [`App`].
pub fn router(app: App) -> Router {
    let doors = Doors::new(app);
    Router::new()
        .route("/v1/events", post(ingest::post))
        .route("/v1/sql", post(sql::post))
        .route("/v1/queries", get(queries::list))
        .route("/v1/queries/{name}", get(queries::get))
        .route("/v1/exports", post(exports::post).get(exports::list))
        .route("/v1/exports/{id}", get(exports::get).delete(exports::delete))
        .route(routes::JSON_RPC, post(callr::post))
        .route(routes::JSON_RPC.trim_end_matches('/'), post(callr::post))
        .route("/healthz", get(operate::healthz))
        .route("/readyz", get(operate::readyz))
        .route("/metrics", get(operate::metrics))
        .route("/openapi.json", get(openapi::json))
        .route("/docs", get(openapi::page))
        .route("/", get(operate::home))
        .fallback(not_found)
        .layer(CompressionLayer::new())
        // Not compressed on the way: parts of a file, its length and its hash are those of its bytes.
        .route("/v1/exports/{id}/file", get(exports::file))
        .route("/v1/exports/{id}/manifest", get(exports::manifest))
        .method_not_allowed_fallback(method_not_allowed)
        // Outermost, so that also what the other layers answer has an id, a log line and a metric.
        .layer(from_fn_with_state(doors.clone(), request::observe))
        .with_state(doors)
}

async fn not_found(request: Request) -> Problem {
    Problem::NotFound { path: request.uri().path().to_owned() }
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::MethodNotAllowed { method: request.method().to_string(), path: request.uri().path().to_owned() }
}
