//! `GET /v1/queries`: what is told of the named queries, their answers, refusals, and TEN-1 at this door.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::house::{Answer, House, event};

async fn get(house: &House, authorization: &str, path: &str) -> Answer {
    let request = Request::get(path).header(header::AUTHORIZATION, authorization);
    house.send(request.body(Body::empty()).expect("a request")).await
}

/// Two accounts with a call each, one answered and one not, and the first one's credentials.
async fn house() -> (House, String) {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.account("beta", None).await;
    let started = |account: &str, call: &str| {
        let data = json!({"direction": "outbound", "from": "+33123456789", "to": "+33987654321"});
        event(account, call, "call.started", "2026-01-02T03:04:05Z", data)
    };
    let answered = event("acme", "1", "call.answered", "2026-01-02T03:04:09Z", json!({}));
    house.store(&[started("acme", "1"), started("beta", "2"), answered]).await;
    (house, acme)
}

const ASR: &str = "/v1/queries/asr?from=2026-01-01&to=2026-01-03";

#[tokio::test]
async fn the_list_says_what_each_query_asks_takes_and_gives() {
    let (house, acme) = house().await;
    let listed = get(&house, &acme, "/v1/queries").await.json();
    let queries = listed["queries"].as_array().expect("queries");
    let asr = queries.iter().find(|query| query["name"] == "asr").expect("asr");
    assert!(asr["question"].as_str().expect("text").contains("answer-seizure ratio"));
    let parameter = |name: &str| -> Value {
        let parameters = asr["parameters"].as_array().expect("parameters");
        parameters.iter().find(|parameter| parameter["name"] == name).expect("a parameter").clone()
    };
    assert_eq!(
        (&parameter("from")["required"], &parameter("from")["type"]),
        (&json!(true), &json!("timestamp"))
    );
    assert_eq!(
        (&parameter("time_zone")["required"], &parameter("time_zone")["default"]),
        (&json!(false), &json!("UTC"))
    );
    assert_eq!(parameter("bucket")["choices"], json!(["minute", "hour", "day", "week", "month"]));
    assert!(asr["columns"].as_array().expect("columns").iter().any(|column| column["name"] == "excluded"));
    assert_eq!(get(&house, "Api-Key 12", "/v1/queries").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ten_1_a_query_is_answered_over_the_rows_of_who_asks() {
    let (house, acme) = house().await;
    let answer = get(&house, &acme, ASR).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let row = &answer.json()["rows"][0];
    assert_eq!((&row["numerator"], &row["denominator"], &row["excluded"]), (&json!(1), &json!(1), &json!(0)));
    let admin = house.admin().await;
    let row = get(&house, &admin, ASR).await.json()["rows"][0].clone();
    assert_eq!((&row["numerator"], &row["denominator"], &row["excluded"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(get(&house, "Api-Key 12", ASR).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_form_is_asked_for_by_name_or_header_and_values_are_unescaped() {
    let (house, acme) = house().await;
    let path = format!("{ASR}&format=csv&bucket=day&time_zone=Europe%2FParis");
    let csv = get(&house, &acme, &path).await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(
        csv.text(),
        "group_value,bucket_at,numerator,denominator,asr,excluded\n,2026-01-01T23:00:00Z,1,1,100.00,0\n"
    );
    let request =
        Request::get(ASR).header(header::AUTHORIZATION, &acme).header(header::ACCEPT, "application/x-ndjson");
    let ndjson = house.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(ndjson.text().lines().count(), 1);
}

#[tokio::test]
async fn refusals_name_the_parameter_and_what_it_wants() {
    let (house, acme) = house().await;
    for (path, status, constant, detail) in [
        ("/v1/queries/aser", StatusCode::NOT_FOUND, "UNKNOWN_QUERY", "GET /v1/queries lists them"),
        ("/v1/queries/asr?to=2026-01-03", StatusCode::BAD_REQUEST, "BAD_PARAMETER", "\"from\""),
        (
            "/v1/queries/asr?from=soon&to=2026-01-03",
            StatusCode::BAD_REQUEST,
            "BAD_PARAMETER",
            "an instant such as",
        ),
        (
            "/v1/queries/asr?from=2026-01-01&to=2026-01-03&colour=red",
            StatusCode::BAD_REQUEST,
            "BAD_PARAMETER",
            "which has from, to",
        ),
        (
            "/v1/queries/asr?from=2026-01-01&to=2026-01-03&bucket=eon",
            StatusCode::BAD_REQUEST,
            "BAD_PARAMETER",
            "one of minute",
        ),
        (
            "/v1/queries/asr?from=2026-01-01&to=2026-01-03&format=xml",
            StatusCode::BAD_REQUEST,
            "BAD_PARAMETER",
            "json, ndjson",
        ),
        (
            "/v1/queries/asr?from=2026-01-01&to=2026-01-03&time_zone=Mars",
            StatusCode::BAD_REQUEST,
            "BAD_STATEMENT",
            "Mars",
        ),
    ] {
        let answer = get(&house, &acme, path).await;
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (status, Some(constant)), "{path}: {body}");
        assert!(body["detail"].as_str().expect("text").contains(detail), "{path}: {body}");
    }
}
