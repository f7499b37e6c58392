//! `GET /openapi.json`: the REST doors as an OpenAPI 3.1 document, and `GET /docs`, the same as a page.
//!
//! Paths of named queries come from their headers. A test holds the document and the list of routes equal, and
//! Schemathesis asks every operation of it (`tests/openapi`).

mod page;
mod paths;
mod schemas;

use std::sync::LazyLock;

use axum::Json;
use axum::response::Html;
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
static PAGE: LazyLock<String> = LazyLock::new(|| page::of(&DOCUMENT));

pub(crate) async fn json() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(&PAGE)
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "callhouse",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "A warehouse of calls: events in, call detail records and analytics out. Beside these doors there is \
                JSON-RPC for CALLR clients at /json-rpc/v1.1/ and the PostgreSQL wire.",
        },
        "security": [{ "apiKey": [] }, { "password": [] }, { "bearer": [] }],
        "paths": paths::all(),
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "apiKey": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`Api-Key KEY`, of `callhouse api-key create`",
                },
                "password": { "type": "http", "scheme": "basic", "description": "login and password of an account" },
                "bearer": { "type": "http", "scheme": "bearer", "description": "an API key or a session's token" },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes::{JSON_RPC, ROUTES};

    /// Doors that are no REST.
    const OTHER: [&str; 4] = [JSON_RPC, "/", "/docs", "/openapi.json"];

    #[test]
    fn every_rest_route_is_in_the_document_and_nothing_else() {
        let described: BTreeSet<(String, String)> = DOCUMENT["paths"]
            .as_object()
            .expect("paths")
            .iter()
            .flat_map(|(path, item)| {
                let path =
                    if path.starts_with("/v1/queries/") { "/v1/queries/{name}" } else { path.as_str() };
                let methods = item.as_object().expect("a path item").keys();
                methods.map(|method| (method.to_uppercase(), path.to_owned())).collect::<Vec<_>>()
            })
            .collect();
        let routes = ROUTES.iter().filter(|route| !OTHER.contains(&route.path));
        let routes: BTreeSet<(String, String)> =
            routes.map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
        assert_eq!(described, routes);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = DOCUMENT.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().expect("a pointer");
            assert!(DOCUMENT.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_page_names_every_path_and_asks_nobody_else_for_anything() {
        for path in DOCUMENT["paths"].as_object().expect("paths").keys() {
            assert!(PAGE.contains(&format!("<code>{path}</code>")), "{path}");
        }
        assert!(!PAGE.contains("src=") && !PAGE.contains("http://") && !PAGE.contains("https://"));
    }
}
