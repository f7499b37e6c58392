//! The JSON-RPC 2.0 envelope as CALLR speaks it: no batches, no notifications, no named parameters; `result` xor
//! `error`; members in the order `jsonrpc`, `id`, `result`; the id echoed to the digit.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::sent_so_far;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Pieces};
use crate::status::{self, Problem};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/json-rpc; charset=utf-8");

/// The `id` as it was written, or `null` when none could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id(String);

impl Id {
    fn none() -> Self {
        Self("null".to_owned())
    }

    /// An integer of at most 64 bits or a string. Kept as text: a float in between would lose digits.
    fn of(raw: Option<&RawValue>) -> Option<Self> {
        let text = raw?.get();
        let integer = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        (integer || text.starts_with('"')).then(|| Self(text.to_owned()))
    }
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) params: Vec<Value>,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Reads a request. The id comes back whenever it was readable, whatever else is wrong.
pub(super) fn read(body: &[u8]) -> (Id, Result<Call, Error>) {
    let text: &RawValue = match serde_json::from_slice(body) {
        Ok(text) => text,
        Err(error) => return (Id::none(), Err(Error::Parse { detail: error.to_string() })),
    };
    if text.get().starts_with('[') {
        return (Id::none(), invalid("batch", "batches are not served; send one call per request"));
    }
    let Ok(members) = serde_json::from_str::<Members<'_>>(text.get()) else {
        return (Id::none(), invalid("request", "a request is an object with each member once"));
    };
    match Id::of(members.id) {
        Some(id) => (id, call(&members)),
        None => {
            (Id::none(), invalid("id", "a request has an integer or string id; notifications are not served"))
        }
    }
}

fn call(members: &Members<'_>) -> Result<Call, Error> {
    if members.jsonrpc.and_then(string).as_deref() != Some("2.0") {
        return invalid("jsonrpc", "jsonrpc must be \"2.0\"");
    }
    let Some(method) = members.method.and_then(string) else {
        return invalid("method", "method must be a string");
    };
    let params = match members.params {
        None => Vec::new(),
        Some(raw) => match serde_json::from_str(raw.get()) {
            Ok(params) => params,
            Err(_) => return invalid("params", "params must be an array; named parameters are not served"),
        },
    };
    Ok(Call { method, params })
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn invalid<T>(what: &'static str, detail: &'static str) -> Result<T, Error> {
    Err(Error::InvalidRequest { what, detail })
}

/// The answer to an authenticated request.
pub(super) fn answer(id: &Id, outcome: Result<Answer, Error>) -> Response {
    match outcome {
        Ok(Answer::Whole(result)) => respond(whole(id, "result", result.get()), true),
        Ok(Answer::Pieces(pieces)) => respond(Body::from_stream(streamed(id, pieces)), true),
        Err(error) => respond(whole(id, "error", &error.to_json().to_string()), true),
    }
}

fn streamed(id: &Id, pieces: Pieces) -> impl Stream<Item = Result<Bytes, Broken>> + use<> {
    let start = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":", id.0);
    let pieces = futures::stream::iter(pieces).then(async |piece| match piece {
        Ok(bytes) => Ok(Bytes::from(bytes)),
        Err(error) => {
            error.log("while streaming");
            sent_so_far().await;
            Err(Broken)
        }
    });
    let end = Ok(Bytes::from_static(b"}"));
    futures::stream::iter([Ok(Bytes::from(start))]).chain(pieces).chain(futures::stream::iter([end]))
}

/// What hyper is told when a piece could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the answer could not be finished")]
struct Broken;

/// The answer to credentials that are bad or have made too many requests. Clients that ignore the status still get a
/// body they can decode.
pub(super) fn refused(id: &Id, problem: &Problem) -> Response {
    let (code, message, data) = match problem {
        Problem::TooManyRequests { retry_after_seconds, .. } => {
            let data = json!({"detail": problem.detail(), "retry_after_seconds": retry_after_seconds});
            (429, "TOO_MANY_REQUESTS", data)
        }
        _ => (401, "AUTHENTICATION_FAILED", json!({"detail": problem.detail()})),
    };
    let error = json!({"code": code, "message": message, "data": data});
    let mut response = respond(whole(id, "error", &error.to_string()), code != 401);
    problem.add_headers(&mut response);
    response
}

fn whole(id: &Id, member: &str, value: &str) -> Body {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"{member}\":{value}}}", id.0).into()
}

fn respond(body: Body, authenticated: bool) -> Response {
    (status::of_json_rpc(authenticated), [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_to_the_digit() {
        for id in ["42", "9223372036854775807", "18446744073709551615", "-1", "0", "\"a\\u0041\"", "\"\""] {
            let body = format!("{{\"jsonrpc\":\"2.0\",\"id\": {id} ,\"method\":\"m\",\"params\":[1]}}");
            let (kept, call) = read(body.as_bytes());
            assert_eq!(kept.0, id);
            assert!(matches!(call, Ok(Call { params, .. }) if params == [Value::from(1)]));
        }
    }

    #[test]
    fn what_is_no_call_is_named() {
        let cases: [(&[u8], &str, &str); 17] = [
            (b"", "null", "PARSE_ERROR"),
            (b"{\"id\":1", "null", "PARSE_ERROR"),
            (b"\xff\xfe", "null", "PARSE_ERROR"),
            (b"{\"id\":1,\"method\":\"\xc3\"}", "null", "PARSE_ERROR"),
            (b"[]", "null", "INVALID_REQUEST [batch]"),
            (br#"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#, "null", "INVALID_REQUEST [batch]"),
            (b"17", "null", "INVALID_REQUEST [request]"),
            (br#"{"id":1,"id":2}"#, "null", "INVALID_REQUEST [request]"),
            (br#"{"jsonrpc":"2.0","method":"m","params":[]}"#, "null", "INVALID_REQUEST [id]"),
            (br#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, "null", "INVALID_REQUEST [id]"),
            (br#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, "null", "INVALID_REQUEST [id]"),
            (br#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, "null", "INVALID_REQUEST [id]"),
            (br#"{"id":7,"method":"m"}"#, "7", "INVALID_REQUEST [jsonrpc]"),
            (br#"{"jsonrpc":2.0,"id":7,"method":"m"}"#, "7", "INVALID_REQUEST [jsonrpc]"),
            (br#"{"jsonrpc":"2.0","id":7}"#, "7", "INVALID_REQUEST [method]"),
            (br#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":1}}"#, "7", "INVALID_REQUEST [params]"),
            (br#"{"jsonrpc":"2.0","id":7,"method":"m","params":"x"}"#, "7", "INVALID_REQUEST [params]"),
        ];
        for (body, id, message) in cases {
            let (kept, call) = read(body);
            let error = call.expect_err("no call");
            assert_eq!((kept.0.as_str(), error.message().as_str()), (id, message), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn params_may_be_left_out() {
        let (_, call) = read(br#"{"jsonrpc":"2.0","id":1,"method":"m"}"#);
        assert!(matches!(call, Ok(Call { params, .. }) if params.is_empty()));
    }
}
