//! The HTTP doors of callhouse, and the only crate that names `axum`.
//!
//! One folder per API family, one file per method: `ingest` (`POST /v1/events`), `callr` (JSON-RPC), `sql` (`POST /v1/sql`), `queries`
//! (`/v1/queries`), `exports` (`/v1/exports`), `openapi` (the document of these doors), `operate` (health, metrics, front page). Owns transport, credentials on the wire, and the shape of answers; leaves what a
//! question means to `query`, who somebody is to `lake`, and what an event is to `core`. Keeps LOG-1 and ING-3 at
//! the door, TIM-1 at the edges documented as inclusive, and hands TEN-1 a scope with every question.
//!
//! Every door says which access scope credentials need for it: a REST handler begins with
//! `access::enter(&app, &headers, AccessScope::Export)`, a JSON-RPC method has `needs: Some(AccessScope::Export)`. What a
//! handler changes for a caller it changes through `access::accounts(&app, &principal)`, so that the audit log knows who
//! it was.

mod access;
mod answer;
mod app;
mod body;
mod callr;
mod credentials;
mod exports;
mod ingest;
mod limits;
mod openapi;
mod operate;
mod queries;
mod request;
mod router;
mod routes;
mod scope;
mod serve;
mod sql;
mod status;

pub use app::{AlwaysReady, App, Readiness};
pub use callr::{WebhookData, WebhookDataError, WebhookSubject, method_names, webhook_data};
pub use limits::RequestLimits;
pub use operate::install_metrics;
pub use router::router;
pub use serve::{Error, serve};
