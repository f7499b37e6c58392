//! What a client asks: `{"sql": …, "params": […], "format": …}`, or the statement alone as `application/sql`.

use arrow::datatypes::DataType;
use axum::http::{HeaderMap, header};
use callhouse_query::{Bound, Format};
use serde::Deserialize;
use serde_json::Value;

use crate::answer;
use crate::status::Problem;

const SUPPORTED: &str = "application/json or application/sql";

/// A statement with its values and the form of its answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) sql: String,
    pub(super) values: Vec<Bound>,
    pub(super) format: Format,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    sql: String,
    #[serde(default)]
    params: Vec<Value>,
    format: Option<String>,
}

impl Asked {
    pub(super) fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, Problem> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "application/sql" | "text/plain" => {
                let sql = std::str::from_utf8(bytes)
                    .map_err(|_| Problem::BodyBroken { detail: "the statement is not UTF-8".to_owned() })?;
                let format = answer::format(None, headers)?;
                Ok(Self { sql: sql.to_owned(), values: Vec::new(), format })
            }
            "application/json" => {
                let body: Body = serde_json::from_slice(bytes).map_err(|error| Problem::NotJson {
                    line: error.line(),
                    column: error.column(),
                    detail: error.to_string(),
                })?;
                let format = answer::format(body.format.as_deref(), headers)?;
                let values = body.params.iter().map(bound).collect();
                Ok(Self { sql: body.sql, values, format })
            }
            found => Err(Problem::UnsupportedMediaType { found: found.to_owned(), supported: SUPPORTED }),
        }
    }
}

/// A JSON value as a value of a parameter. Numbers stay the digits they are (MON-1).
fn bound(value: &Value) -> Bound {
    let (text, declared) = match value {
        Value::Null => (None, None),
        Value::Bool(truth) => (Some(truth.to_string()), Some(DataType::Boolean)),
        Value::Number(number) if number.is_i64() => (Some(number.to_string()), Some(DataType::Int64)),
        Value::Number(number) => (Some(number.to_string()), Some(DataType::Decimal128(38, 9))),
        Value::String(text) => (Some(text.clone()), None),
        Value::Array(_) | Value::Object(_) => (Some(value.to_string()), None),
    };
    Bound { text, declared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_from_the_body_before_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, "text/csv".parse().unwrap());
        let of =
            |headers: &HeaderMap, body: &str| Asked::read(headers, body.as_bytes()).map(|asked| asked.format);
        assert_eq!(of(&headers, r#"{"sql": "SELECT 1"}"#), Ok(Format::Csv));
        assert_eq!(of(&headers, r#"{"sql": "SELECT 1", "format": "ndjson"}"#), Ok(Format::Ndjson));
        assert!(matches!(of(&headers, r#"{"sql": "x", "format": "xml"}"#), Err(Problem::Parameter { .. })));
        assert!(matches!(of(&headers, r#"{"sql": "x", "limit": 1}"#), Err(Problem::NotJson { .. })));
        headers.insert(header::CONTENT_TYPE, "application/sql; charset=utf-8".parse().unwrap());
        let asked = Asked::read(&headers, b"SELECT 1").unwrap();
        assert_eq!((asked.sql.as_str(), asked.format), ("SELECT 1", Format::Csv));
        assert!(matches!(Asked::read(&headers, b"SELECT '\xff'"), Err(Problem::BodyBroken { .. })));
    }
}
