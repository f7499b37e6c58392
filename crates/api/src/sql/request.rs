//! What a client asks: `{"sql": …, "params": […], "format": …}`, or the statement alone as `application/sql`.

use arrow::datatypes::DataType;
use axum::http::{HeaderMap, header};
use callhouse_query::Bound;
use serde::Deserialize;
use serde_json::Value;

use super::form::Form;
use crate::status::Problem;

const SUPPORTED: &str = "application/json or application/sql";

/// A statement with its values and the form of its answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) sql: String,
    pub(super) values: Vec<Bound>,
    pub(super) form: Form,
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
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let by_header = accepted.and_then(Form::of_accept);
        match kind.to_ascii_lowercase().as_str() {
            "application/sql" | "text/plain" => {
                let sql = std::str::from_utf8(bytes)
                    .map_err(|_| Problem::BodyBroken { detail: "the statement is not UTF-8".to_owned() })?;
                Ok(Self { sql: sql.to_owned(), values: Vec::new(), form: by_header.unwrap_or(Form::Json) })
            }
            "application/json" => {
                let body: Body = serde_json::from_slice(bytes).map_err(|error| Problem::NotJson {
                    line: error.line(),
                    column: error.column(),
                    detail: error.to_string(),
                })?;
                let form = match &body.format {
                    Some(name) => Some(Form::named(name).ok_or_else(|| unknown_form(name))?),
                    None => by_header,
                };
                let values = body.params.iter().map(bound).collect();
                Ok(Self { sql: body.sql, values, form: form.unwrap_or(Form::Json) })
            }
            found => Err(Problem::UnsupportedMediaType { found: found.to_owned(), supported: SUPPORTED }),
        }
    }
}

fn unknown_form(name: &str) -> Problem {
    let detail = format!("there is no format {name:?}; there are {}", Form::NAMES.join(", "));
    Problem::Statement { detail, hint: None, position: None }
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
            |headers: &HeaderMap, body: &str| Asked::read(headers, body.as_bytes()).map(|asked| asked.form);
        assert_eq!(of(&headers, r#"{"sql": "SELECT 1"}"#), Ok(Form::Csv));
        assert_eq!(of(&headers, r#"{"sql": "SELECT 1", "format": "ndjson"}"#), Ok(Form::Ndjson));
        assert!(matches!(of(&headers, r#"{"sql": "x", "format": "xml"}"#), Err(Problem::Statement { .. })));
        assert!(matches!(of(&headers, r#"{"sql": "x", "limit": 1}"#), Err(Problem::NotJson { .. })));
        headers.insert(header::CONTENT_TYPE, "application/sql; charset=utf-8".parse().unwrap());
        let asked = Asked::read(&headers, b"SELECT 1").unwrap();
        assert_eq!((asked.sql.as_str(), asked.form), ("SELECT 1", Form::Csv));
        assert!(matches!(Asked::read(&headers, b"SELECT '\xff'"), Err(Problem::BodyBroken { .. })));
    }
}
