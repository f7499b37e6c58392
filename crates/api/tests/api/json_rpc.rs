//! The envelope through the door: what CALLR's SDKs are strict about.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn answers_have_the_members_and_the_order_clients_know() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let body = r#"{"params":[],"method":"system.get_timestamp","id":9223372036854775807,"jsonrpc":"2.0"}"#;
    let answer = house.post_rpc(&[("authorization", &acme)], body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json-rpc; charset=utf-8");
    assert_eq!(answer.text(), r#"{"jsonrpc":"2.0","id":9223372036854775807,"result":1795176000}"#);
    let answer = house
        .post_rpc(&[("authorization", &acme)], r#"{"jsonrpc":"2.0","id":"a\u0000b","method":"x"}"#)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().starts_with(r#"{"jsonrpc":"2.0","id":"a\u0000b","error":{"#), "{}", answer.text());
    assert!(answer.json().get("result").is_none());
}

#[tokio::test]
async fn what_is_no_call_is_an_error_with_status_200() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let cases: [(&[u8], i64, &str); 7] = [
        (b"", -32_700, "PARSE_ERROR"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32_700, "PARSE_ERROR"),
        (
            br#"[{"jsonrpc":"2.0","id":1,"method":"system.get_timestamp"}]"#,
            -32_600,
            "INVALID_REQUEST [batch]",
        ),
        (br#"{"jsonrpc":"2.0","method":"system.get_timestamp"}"#, -32_600, "INVALID_REQUEST [id]"),
        (br#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, -32_600, "INVALID_REQUEST [jsonrpc]"),
        (br#"{"jsonrpc":"2.0","id":1,"method":17}"#, -32_600, "INVALID_REQUEST [method]"),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"type":"IN"}}"#,
            -32_600,
            "INVALID_REQUEST [params]",
        ),
    ];
    for (body, code, message) in cases {
        let answer = house.post_rpc(&[("authorization", &acme)], body.to_vec()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", body.escape_ascii());
        let json = answer.json();
        assert_eq!((&json["error"]["code"], &json["error"]["message"]), (&json!(code), &json!(message)));
        assert!(json.get("result").is_none());
    }
}

#[tokio::test]
async fn the_slash_and_the_content_type_are_not_insisted_on() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for (path, content_type) in
        [("/json-rpc/v1.1/", "application/json"), ("/json-rpc/v1.1", "text/plain"), ("/json-rpc/v1.1", "")]
    {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, &acme)
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(r#"{"jsonrpc":"2.0","id":1,"method":"system.get_timestamp","params":[]}"#))
            .expect("a request");
        let answer = house.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.json()["result"].is_i64());
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    let params = json!(["2026-01-01 00:00:00", "2026-03-31 23:59:59"]);
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "analytics/calls.history", "params": params}).to_string();
    let answer = house.post_rpc(&[("authorization", &acme), ("accept-encoding", "gzip")], body).await;
    assert_eq!(answer.headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(&answer.body[..2], [0x1f, 0x8b]);
}
