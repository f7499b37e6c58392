//! `POST /v1/sql`: forms, parameters, refusals, and TEN-1 at this door.

use std::io::Read;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::house::{Answer, House, event};

async fn ask(house: &House, authorization: &str, body: &Value) -> Answer {
    let request = Request::post("/v1/sql")
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    house.send(request).await
}

/// Two accounts with a call each, and the first one's credentials.
async fn house() -> (House, String) {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.account("beta", None).await;
    let started = |account: &str, call: &str| {
        let data = json!({"direction": "inbound", "from": "+33123456789", "to": "+33987654321"});
        event(account, call, "call.started", "2026-01-02T03:04:05Z", data)
    };
    let rated = event(
        "acme",
        "1",
        "call.rated",
        "2026-01-02T03:05:05Z",
        json!({"debit": "0.0105", "currency": "EUR", "billed_seconds": 60}),
    );
    house.store(&[started("acme", "1"), started("beta", "2"), rated]).await;
    (house, acme)
}

#[tokio::test]
async fn an_answer_comes_with_its_columns_and_exact_decimals() {
    let (house, acme) = house().await;
    let sql = "SELECT call_id, started_at, debit, count(*) OVER () AS n FROM calls WHERE account = $1";
    let answer = ask(&house, &acme, &json!({"sql": sql, "params": ["acme"]})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let body = answer.json();
    let row = &body["rows"][0];
    assert_eq!((row["call_id"].as_str(), row["n"].as_i64()), (Some("1"), Some(1)), "{body}");
    assert!(answer.text().contains("0.010500"), "{}", answer.text());
    assert_eq!(body["columns"][2], json!({"name": "debit", "type": "numeric(18,6)", "nullable": true}));
}

#[tokio::test]
async fn ten_1_an_account_sees_its_own_rows_and_an_administrator_all() {
    let (house, acme) = house().await;
    let count = json!({"sql": "SELECT count(*) AS n FROM calls"});
    assert_eq!(ask(&house, &acme, &count).await.json()["rows"], json!([{"n": 1}]));
    let admin = house.admin().await;
    assert_eq!(ask(&house, &admin, &count).await.json()["rows"], json!([{"n": 2}]));
    let nobody = ask(&house, "Api-Key 12", &count).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_form_holds_the_same_rows() {
    let (house, acme) = house().await;
    let sql =
        "SELECT value AS n, CAST(value AS DECIMAL(9, 2)) AS d FROM generate_series(1, 20000) ORDER BY 1";
    let of = async |format: &str| ask(&house, &acme, &json!({"sql": sql, "format": format})).await;
    assert_eq!(of("json").await.json()["rows"].as_array().map(Vec::len), Some(20_000));
    let ndjson = of("ndjson").await;
    assert_eq!(ndjson.text().lines().count(), 20_000);
    assert!(ndjson.headers["x-callhouse-columns"].to_str().expect("text").contains("numeric(9,2)"));
    let csv = of("csv").await;
    assert_eq!(csv.text().lines().take(2).collect::<Vec<_>>(), ["n,d", "1,1.00"]);
    assert_eq!(csv.text().lines().count(), 20_001);
    let arrow = of("arrow").await;
    let batches = arrow::ipc::reader::StreamReader::try_new(arrow.body.as_slice(), None).expect("a stream");
    assert_eq!(batches.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>(), 20_000);
    let parquet = of("parquet").await;
    assert_eq!(
        (&parquet.body[..4], &parquet.body[parquet.body.len() - 4..]),
        (b"PAR1".as_slice(), b"PAR1".as_slice())
    );
    let none =
        ask(&house, &acme, &json!({"sql": "SELECT call_id FROM calls WHERE false", "format": "csv"})).await;
    assert_eq!(none.text(), "call_id\n");
}

#[tokio::test]
async fn answers_are_compressed_as_the_client_likes() {
    let (house, acme) = house().await;
    let request = |encoding: &str| {
        Request::post("/v1/sql")
            .header(header::AUTHORIZATION, &acme)
            .header(header::CONTENT_TYPE, "application/sql")
            .header(header::ACCEPT, "text/csv")
            .header(header::ACCEPT_ENCODING, encoding)
            .body(Body::from("SELECT * FROM generate_series(1, 5000)"))
            .expect("a request")
    };
    let gzip = house.send(request("gzip")).await;
    assert_eq!(gzip.headers[header::CONTENT_ENCODING], "gzip");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(gzip.body.as_slice()).read_to_string(&mut text).expect("gzip");
    assert_eq!(text.lines().count(), 5_001);
    let zstd = house.send(request("zstd")).await;
    assert_eq!(
        (&zstd.headers[header::CONTENT_ENCODING], &zstd.body[..4]),
        (&"zstd".parse().expect("a value"), b"\x28\xb5\x2f\xfd".as_slice())
    );
}

#[tokio::test]
async fn refusals_say_what_where_and_what_was_meant() {
    let (house, acme) = house().await;
    let refused = ask(&house, &acme, &json!({"sql": "SELECT start_at FROM calls"})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let body = refused.json();
    assert_eq!(
        (&body["error"], &body["line"], &body["column"]),
        (&json!("BAD_STATEMENT"), &json!(1), &json!(8))
    );
    assert_eq!(body["hint"], json!("did you mean \"started_at\"?"));
    for (body, status) in [
        (json!({"sql": "DROP TABLE calls"}), StatusCode::BAD_REQUEST),
        (json!({"sql": "SELECT 1; SELECT 2"}), StatusCode::BAD_REQUEST),
        (json!({"sql": "SELECT $1"}), StatusCode::BAD_REQUEST),
        (json!({"sql": "SELECT 1", "format": "xml"}), StatusCode::BAD_REQUEST),
        (json!({"query": "SELECT 1"}), StatusCode::BAD_REQUEST),
        (json!({"sql": "SELECT 1 / 0"}), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(&house, &acme, &body).await.status, status, "{body}");
    }
}

/// What goes wrong after the first rows cannot be in the status any more.
#[tokio::test]
async fn an_answer_that_breaks_says_so_at_its_end() {
    let (house, acme) = house().await;
    let sql = "SELECT 1 / (50000 - value) AS n FROM generate_series(1, 100000)";
    let json = ask(&house, &acme, &json!({"sql": sql})).await;
    let body = json.json();
    assert_eq!(body["error"]["error"], json!("BAD_STATEMENT"), "{}", json.text().len());
    assert!(body["rows"].as_array().expect("rows").len() > 1_000);
    let request = Request::post("/v1/sql")
        .header(header::AUTHORIZATION, &acme)
        .header(header::CONTENT_TYPE, "application/sql")
        .header(header::ACCEPT, "text/csv")
        .body(Body::from(sql))
        .expect("a request");
    let response = tower::ServiceExt::oneshot(house.router.clone(), request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        axum::body::to_bytes(response.into_body(), usize::MAX).await.is_err(),
        "a part must not look whole"
    );
}
