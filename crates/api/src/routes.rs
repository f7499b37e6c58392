//! What there is to call: the list behind 404 and 405 answers and the front page. The router is beside it in
//! `router.rs`; a test holds the two equal.

use serde::Serialize;

/// One door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) what: &'static str,
}

const fn route(method: &'static str, path: &'static str, what: &'static str) -> Route {
    Route { method, path, what }
}

pub(crate) const JSON_RPC: &str = "/json-rpc/v1.1/";

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "/v1/events", "CloudEvents in: single, batch, NDJSON, binary mode, gzip"),
    route(
        "POST",
        "/v1/sql",
        "SQL over calls, text messages, their events: JSON, NDJSON, CSV, Arrow, Parquet",
    ),
    route("GET", "/v1/queries", "the named queries: what each asks, takes and gives"),
    route(
        "GET",
        "/v1/queries/{name}",
        "the answer of one: ?from=…&to=…&format=json, ndjson, csv, arrow, parquet",
    ),
    route(
        "POST",
        "/v1/exports",
        "a file of all rows of a question: CSV, NDJSON, Parquet; made in the background",
    ),
    route("GET", "/v1/exports", "the exports asked for, newest first"),
    route("GET", "/v1/exports/{id}", "how far an export is, its control totals, links to its file"),
    route("DELETE", "/v1/exports/{id}", "cancels it, or forgets it with its file"),
    route("GET", "/v1/exports/{id}/file", "the file; whole, or in part by Range"),
    route("GET", "/v1/exports/{id}/manifest", "what the file holds, and of which snapshot"),
    route("POST", JSON_RPC, "CALLR-compatible JSON-RPC: call detail records, text messages, analytics, jobs"),
    route("GET", "/healthz", "whether the process is up"),
    route("GET", "/readyz", "whether it can do its work, and why not"),
    route("GET", "/metrics", "Prometheus metrics"),
    route("GET", "/openapi.json", "the REST doors as an OpenAPI document"),
    route("GET", "/docs", "the same as a page"),
    route("GET", "/", "the front page"),
];

/// The methods of a path for the `Allow` header, empty when the path does not exist.
pub(crate) fn allowed_methods(path: &str) -> String {
    let same = |route: &&Route| route.path.trim_end_matches('/') == path.trim_end_matches('/');
    let mut methods: Vec<&str> = ROUTES.iter().filter(same).map(|route| route.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_names_the_methods_of_a_path_with_or_without_its_slash() {
        assert_eq!(allowed_methods("/json-rpc/v1.1"), "POST");
        assert_eq!(allowed_methods("/healthz"), "GET, HEAD");
        assert_eq!(allowed_methods("/nothing"), "");
    }
}
