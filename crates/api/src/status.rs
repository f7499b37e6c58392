//! Every HTTP status this crate answers with is decided here, and nowhere else.
//!
//! A [`Problem`] is what a door says when it cannot serve a request as such: its body is
//! `{"error": CONSTANT, "detail": TEXT}`. What went wrong *inside* a well-formed request (a rejected event, a
//! JSON-RPC error) is an answer of that door, not a problem; their statuses are the functions below.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callhouse_query::Position;
use serde::Serialize;

use crate::routes;

/// Seconds after which a client that was told to come back should do so.
const RETRY_AFTER_SECONDS: u16 = 1;

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No credentials, or ones that do not hold.
    Unauthenticated {
        detail: &'static str,
    },
    /// Credentials that are good, and not for this.
    Forbidden {
        detail: &'static str,
    },
    /// More requests than the credentials may make.
    TooManyRequests {
        retry_after_seconds: u64,
        per_second: u32,
        burst: u32,
    },
    /// More bytes than the limit, before or after decompression.
    BodyTooLarge {
        limit_bytes: usize,
    },
    /// More events in one request than the limit.
    TooManyEvents {
        limit: usize,
    },
    /// The body did not arrive in time.
    BodyTooSlow {
        limit_seconds: u64,
    },
    /// The body ended early, or its compression is broken.
    BodyBroken {
        detail: String,
    },
    /// The body as a whole is not JSON. Line and column count from 1.
    NotJson {
        line: usize,
        column: usize,
        detail: String,
    },
    /// A header that must be readable is not.
    BadHeader {
        detail: String,
    },
    UnsupportedMediaType {
        found: String,
        supported: &'static str,
    },
    UnsupportedEncoding {
        found: String,
    },
    NotFound {
        path: String,
    },
    /// A parameter of a question is missing, unknown or of another type.
    Parameter {
        detail: String,
    },
    /// No named query of that name.
    UnknownQuery {
        detail: String,
    },
    /// No export of that id that may be seen.
    UnknownExport {
        detail: String,
    },
    /// The file of an export that has not ended.
    NotReady {
        detail: String,
    },
    /// The file of an export that made none, or no longer has it.
    Gone {
        detail: String,
    },
    /// Bytes of a file that are not there.
    Range {
        length: u64,
    },
    /// As many exports of the account as may be wait or run.
    TooManyExports {
        detail: String,
    },
    MethodNotAllowed {
        method: String,
        path: String,
    },
    /// The bodies being worked on take all the memory there is for them.
    Busy,
    /// The queue in front of the log is full.
    LogFull,
    /// A statement of SQL that is refused.
    Statement {
        detail: String,
        hint: Option<String>,
        position: Option<Position>,
    },
    /// As many statements run as may.
    StatementsBusy {
        detail: String,
    },
    /// A statement took more time, memory or rows than statements may.
    StatementTooMuch {
        constant: &'static str,
        detail: String,
    },
    /// The log or the catalog does not answer.
    Unavailable {
        detail: &'static str,
    },
    /// A fault of ours; the log has the details under the request's id.
    Internal,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    /// Where in the statement; both count from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    routes: &'a [routes::Route],
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::BodyTooLarge { .. } | Self::TooManyEvents { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken { .. }
            | Self::NotJson { .. }
            | Self::BadHeader { .. }
            | Self::Statement { .. } => StatusCode::BAD_REQUEST,
            Self::StatementTooMuch { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnsupportedMediaType { .. } | Self::UnsupportedEncoding { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::NotFound { .. } | Self::UnknownQuery { .. } | Self::UnknownExport { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::NotReady { .. } => StatusCode::CONFLICT,
            Self::Gone { .. } => StatusCode::GONE,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Parameter { .. } => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::LogFull
            | Self::Busy
            | Self::StatementsBusy { .. }
            | Self::TooManyExports { .. }
            | Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn constant(&self) -> &'static str {
        match self {
            Self::Unauthenticated { .. } => "UNAUTHENTICATED",
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::TooManyRequests { .. } => "TOO_MANY_REQUESTS",
            Self::BodyTooLarge { .. } => "BODY_TOO_LARGE",
            Self::TooManyEvents { .. } => "TOO_MANY_EVENTS",
            Self::BodyBroken { .. } => "BODY_BROKEN",
            Self::NotJson { .. } => "NOT_JSON",
            Self::BadHeader { .. } => "BAD_HEADER",
            Self::UnsupportedMediaType { .. } => "UNSUPPORTED_MEDIA_TYPE",
            Self::UnsupportedEncoding { .. } => "UNSUPPORTED_ENCODING",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::MethodNotAllowed { .. } => "METHOD_NOT_ALLOWED",
            Self::BodyTooSlow { .. } => "BODY_TOO_SLOW",
            Self::Busy | Self::StatementsBusy { .. } => "BUSY",
            Self::Statement { .. } => "BAD_STATEMENT",
            Self::Parameter { .. } => "BAD_PARAMETER",
            Self::UnknownQuery { .. } => "UNKNOWN_QUERY",
            Self::UnknownExport { .. } => "UNKNOWN_EXPORT",
            Self::NotReady { .. } => "NOT_READY",
            Self::Gone { .. } => "GONE",
            Self::Range { .. } => "RANGE_NOT_SATISFIABLE",
            Self::TooManyExports { .. } => "TOO_MANY_EXPORTS",
            Self::StatementTooMuch { constant, .. } => constant,
            Self::LogFull => "LOG_FULL",
            Self::Unavailable { .. } => "UNAVAILABLE",
            Self::Internal => "INTERNAL_ERROR",
        }
    }

    /// What a person can do with it.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Unauthenticated { detail }
            | Self::Forbidden { detail }
            | Self::Unavailable { detail } => (*detail).to_owned(),
            Self::TooManyRequests { retry_after_seconds, per_second, burst } => {
                format!(
                    "these credentials may make {per_second} requests a second, {burst} at once; \
                     send it again in {retry_after_seconds} s"
                )
            }
            Self::BodyTooLarge { limit_bytes } => {
                format!("the body may have {limit_bytes} bytes, also once decompressed; send several requests")
            }
            Self::TooManyEvents { limit } => {
                format!("one request may carry {limit} events; send several requests")
            }
            Self::BodyBroken { detail }
            | Self::BadHeader { detail }
            | Self::Parameter { detail }
            | Self::UnknownQuery { detail }
            | Self::UnknownExport { detail }
            | Self::NotReady { detail }
            | Self::Gone { detail }
            | Self::TooManyExports { detail }
            | Self::Statement { detail, .. }
            | Self::StatementsBusy { detail }
            | Self::StatementTooMuch { detail, .. } => detail.clone(),
            Self::Range { length } => format!("the file has {length} bytes, none of which were asked for"),
            Self::NotJson { line, column, detail } => {
                format!("the body is not JSON: {detail} at line {line} column {column}")
            }
            Self::UnsupportedMediaType { found, supported } => {
                format!("content type {found:?} is not understood here; send {supported}")
            }
            Self::UnsupportedEncoding { found } => {
                format!("content encoding {found:?} is not understood; send gzip or none")
            }
            Self::NotFound { path } => format!("there is nothing at {path:?}; `routes` lists what there is"),
            Self::MethodNotAllowed { method, path } => {
                format!("{path:?} does not take {method}; `routes` lists what it takes")
            }
            Self::BodyTooSlow { limit_seconds } => format!("the body did not arrive within {limit_seconds} s"),
            Self::Busy => "too many large requests at one time; send it again".to_owned(),
            Self::LogFull => {
                "events arrive faster than they can be stored; nothing of this request is promised, send it again"
                    .to_owned()
            }
            Self::Internal => {
                "a fault of callhouse; its log has the details under this x-request-id".to_owned()
            }
        }
    }

    fn body(&self) -> Body<'_> {
        let (hint, position) = match self {
            Self::Statement { hint, position, .. } => (hint.as_deref(), *position),
            _ => (None, None),
        };
        Body {
            error: self.constant(),
            detail: self.detail(),
            hint,
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            routes: self.routes(),
        }
    }

    /// The body as JSON, for an answer that has already begun.
    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body()).unwrap_or_else(|_| b"{}".to_vec())
    }

    fn routes(&self) -> &'static [routes::Route] {
        match self {
            Self::NotFound { .. } | Self::MethodNotAllowed { .. } => routes::ROUTES,
            _ => &[],
        }
    }

    /// Headers this status owes its reader (RFC 9110 §11.6.1, §15.5.6, §10.2.3).
    pub(crate) fn add_headers(&self, response: &mut Response) {
        match self {
            Self::Unauthenticated { .. } => {
                let challenge = HeaderValue::from_static("Basic realm=\"callhouse\", charset=\"UTF-8\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::MethodNotAllowed { path, .. } => {
                if let Ok(allow) = HeaderValue::from_str(&routes::allowed_methods(path)) {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
            }
            Self::TooManyRequests { retry_after_seconds, .. } => {
                response.headers_mut().insert(header::RETRY_AFTER, (*retry_after_seconds).into());
            }
            Self::Range { length } => {
                if let Ok(range) = HeaderValue::from_str(&format!("bytes */{length}")) {
                    response.headers_mut().insert(header::CONTENT_RANGE, range);
                }
            }
            Self::LogFull
            | Self::Busy
            | Self::StatementsBusy { .. }
            | Self::TooManyExports { .. }
            | Self::NotReady { .. }
            | Self::Unavailable { .. } => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
            }
            _ => {}
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body())).into_response();
        self.add_headers(&mut response);
        response
    }
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// `POST /v1/events`: 422 only when every event was bad, so that a producer that looks at nothing but the status
/// notices, and 202 as soon as one is durable.
pub(crate) const fn of_ingest(accepted: usize, rejected: usize) -> StatusCode {
    if accepted == 0 && rejected > 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::ACCEPTED }
}

/// JSON-RPC: errors travel with 200, because most CALLR SDKs throw the body of any other status away. Bad
/// credentials are the exception, as they are at CALLR.
pub(crate) const fn of_json_rpc(authenticated: bool) -> StatusCode {
    if authenticated { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

/// `/readyz`.
pub(crate) const fn of_readiness(ready: bool) -> StatusCode {
    if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_only_bad_events_is_not_a_success() {
        assert_eq!(of_ingest(0, 3), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(of_ingest(1, 3), StatusCode::ACCEPTED);
        assert_eq!(of_ingest(0, 0), StatusCode::ACCEPTED);
    }

    #[test]
    fn a_full_log_says_when_to_come_back() {
        let response = Problem::LogFull.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
