//! From an HTTP body to its elements, without copying them: CloudEvents structured, batch, NDJSON and binary mode.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use callhouse_log::message::Header;
use serde_json::value::RawValue;

use crate::status::Problem;

/// Events one request may carry.
pub(crate) const MAX_EVENTS: usize = 100_000;

const SUPPORTED: &str = "application/cloudevents+json, application/cloudevents-batch+json, application/json, \
                         application/x-ndjson, or the ce- headers of binary mode";

/// The elements of a body; each becomes one message of the log with these headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elements {
    pub(crate) headers: Vec<Header>,
    pub(crate) payloads: Vec<Bytes>,
}

/// Splits a body by its content type (CloudEvents 1.0 HTTP binding §3: the type decides the mode).
///
/// # Errors
/// [`Problem::UnsupportedMediaType`], [`Problem::NotJson`], [`Problem::TooManyEvents`], [`Problem::BadHeader`].
pub(crate) fn split(headers: &HeaderMap, body: &Bytes) -> Result<Elements, Problem> {
    let content_type = content_type(headers);
    let structured = vec![header("content-type", b"application/cloudevents+json")];
    let binary = headers.contains_key("ce-specversion") || headers.contains_key("ce-id");
    let elements = match content_type.as_str() {
        "application/cloudevents+json" | "application/cloudevents-batch+json" => {
            Elements { headers: structured, payloads: json_elements(body)? }
        }
        _ if binary => Elements { headers: binary_headers(headers)?, payloads: vec![body.clone()] },
        "application/json" => Elements { headers: structured, payloads: json_elements(body)? },
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Elements { headers: structured, payloads: lines(body) }
        }
        _ => return Err(Problem::UnsupportedMediaType { found: content_type, supported: SUPPORTED }),
    };
    if elements.payloads.len() > MAX_EVENTS {
        return Err(Problem::TooManyEvents { limit: MAX_EVENTS });
    }
    Ok(elements)
}

/// The media type in lower case, without parameters; empty when there is none.
fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let text = String::from_utf8_lossy(value);
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// One element for an object, as many as there are for an array. A body that is JSON but neither is one element,
/// which decoding will reject with the reason.
fn json_elements(body: &Bytes) -> Result<Vec<Bytes>, Problem> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        let elements: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        Ok(elements.into_iter().map(|element| body.slice_ref(element.get().as_bytes())).collect())
    } else {
        let element: &RawValue = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        Ok(vec![body.slice_ref(element.get().as_bytes())])
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    let whole = error.to_string();
    // serde_json ends its text with the place, which the answer states itself.
    let detail = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
    Problem::NotJson { line: error.line(), column: error.column(), detail }
}

/// The lines of an NDJSON body. Blank ones separate and are no elements.
fn lines(body: &Bytes) -> Vec<Bytes> {
    body.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .map(|line| body.slice_ref(line))
        .collect()
}

/// `ce-` headers become the `ce_` ones of the Kafka binding, percent-decoded (HTTP binding §3.1.3.2).
fn binary_headers(headers: &HeaderMap) -> Result<Vec<Header>, Problem> {
    let mut kept = Vec::new();
    for (name, value) in headers {
        if let Some(attribute) = name.as_str().strip_prefix("ce-") {
            kept.push(header(&format!("ce_{attribute}"), &percent_decode(name.as_str(), value.as_bytes())?));
        } else if name == header::CONTENT_TYPE {
            kept.push(header("content-type", value.as_bytes()));
        }
    }
    Ok(kept)
}

fn header(name: &str, value: &[u8]) -> Header {
    (name.into(), value.into())
}

fn percent_decode(name: &str, value: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let code = after.get(..2).and_then(|digits| hex::decode(digits).ok());
            let code = code.ok_or_else(|| Problem::BadHeader {
                detail: format!("header {name} has a % that is not followed by two hexadecimal digits"),
            })?;
            decoded.extend_from_slice(&code);
            rest = &after[2..];
        } else {
            decoded.push(byte);
            rest = after;
        }
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn split_as(content_type: &'static str, body: &'static [u8]) -> Result<Vec<Bytes>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        split(&headers, &Bytes::from_static(body)).map(|elements| elements.payloads)
    }

    #[test]
    fn each_mode_gives_the_bytes_of_its_elements() {
        let one = [Bytes::from_static(b"{\"a\": 1}")];
        let two = [Bytes::from_static(b"{\"a\": 1}"), Bytes::from_static(b"{\"b\":2}")];
        let cases: [(&str, &[u8], &[Bytes]); 8] = [
            ("application/cloudevents+json", b" {\"a\": 1} \n", &one),
            ("application/cloudevents+json; charset=utf-8", b"{\"a\": 1}", &one),
            ("Application/JSON", b"{\"a\": 1}", &one),
            ("application/json", b"[{\"a\": 1} , {\"b\":2}]", &two),
            ("application/cloudevents-batch+json", b"\n[{\"a\": 1},{\"b\":2}]", &two),
            ("application/cloudevents-batch+json", b"[]", &[]),
            ("application/x-ndjson", b"{\"a\": 1}\r\n\n{\"b\":2}\n", &two),
            ("application/x-ndjson", b"\n", &[]),
        ];
        for (content_type, body, expected) in cases {
            assert_eq!(split_as(content_type, body).as_deref(), Ok(expected), "{content_type}");
        }
    }

    #[test]
    fn a_body_that_is_not_json_says_where() {
        for (body, line, column) in [(&b"{\"a\":\n  x}"[..], 2, 3), (b"[{\"a\":1},", 1, 9), (b"", 1, 0)] {
            let problem = split_as("application/json", body).expect_err("not JSON");
            assert!(
                matches!(&problem, Problem::NotJson { line: l, column: c, .. } if (*l, *c) == (line, column)),
                "{problem:?}"
            );
        }
    }

    #[test]
    fn invalid_utf_8_in_a_json_body_is_not_json() {
        assert!(matches!(split_as("application/json", b"{\"a\":\"\xff\"}"), Err(Problem::NotJson { .. })));
    }

    #[test]
    fn binary_mode_takes_its_attributes_from_the_headers() {
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", HeaderValue::from_static("1.0"));
        headers.insert("ce-subject", HeaderValue::from_static("Euro%20%E2%82%AC"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("user-agent", HeaderValue::from_static("x"));
        let elements = split(&headers, &Bytes::from_static(b"{}")).expect("well formed");
        let mut kept = elements.headers;
        kept.sort();
        let expected = [
            header("ce_specversion", b"1.0"),
            header("ce_subject", "Euro €".as_bytes()),
            header("content-type", b"application/json"),
        ];
        assert_eq!(kept, expected);
        headers.insert("ce-subject", HeaderValue::from_static("%E2%8"));
        assert!(matches!(split(&headers, &Bytes::new()), Err(Problem::BadHeader { .. })));
    }

    #[test]
    fn unknown_content_types_are_told_what_is_known() {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
            assert!(matches!(split_as(content_type, b"{}"), Err(Problem::UnsupportedMediaType { .. })));
        }
    }
}
