//! Health, readiness, the front page, and what is said about paths and methods that do not exist.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn readiness_names_every_problem() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").await.status, StatusCode::OK);
    let ready = house.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (StatusCode::OK, json!({"ready": true, "problems": []})));
    house.readiness.0.lock().push("ingest of calls[3] has stopped: disk full".to_owned());
    let not = house.get("/readyz").await;
    assert_eq!(not.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        not.json(),
        json!({"ready": false, "problems": ["ingest of calls[3] has stopped: disk full"]})
    );
    assert_eq!(house.get("/healthz").await.status, StatusCode::OK, "a problem is no reason to restart");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_what_exists() {
    let house = House::new().await;
    let nothing = house.get("/v2/calls").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(nothing.json()["error"], json!("NOT_FOUND"));
    let paths = nothing.json()["routes"].as_array().map(Vec::len);
    assert!(paths > Some(4), "{}", nothing.text());
    let wrong = house.get("/v1/events").await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers[header::ALLOW], "POST");
    assert_eq!(wrong.json()["error"], json!("METHOD_NOT_ALLOWED"));
}

#[tokio::test]
async fn every_listed_route_exists() {
    let house = House::new().await;
    let listed = house.get("/nothing").await.json()["routes"].clone();
    for route in listed.as_array().expect("a list") {
        let (method, path) =
            (route["method"].as_str().expect("a method"), route["path"].as_str().expect("a path"));
        if path == "/metrics" {
            // Not served without a recorder, which only a whole process may install.
            continue;
        }
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let status = house.send(request).await.status;
        assert!(
            status != StatusCode::NOT_FOUND && status != StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}: {status}"
        );
    }
}

#[tokio::test]
async fn the_front_page_names_doors_and_methods() {
    let house = House::new().await;
    let page = house.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    for part in ["/v1/events", "/readyz", "cdr.search", "analytics/calls.history"] {
        assert!(page.text().contains(part), "{part}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_and_keeps_a_plain_one_of_the_client() {
    let house = House::new().await;
    assert!(house.get("/nothing").await.headers.contains_key("x-request-id"));
    let ask = async |id: &str| {
        let request =
            Request::get("/healthz").header("x-request-id", id).body(Body::empty()).expect("a request");
        house.send(request).await.headers["x-request-id"].clone()
    };
    assert_eq!(ask("trace-17.a").await, "trace-17.a");
    assert_ne!(ask("<script>").await, "<script>");
}
