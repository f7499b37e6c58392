//! The body of `POST /v1/exports`.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use callhouse_exports::{CsvOptions, ExportSpec, Format};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::status::Problem;

const SUPPORTED: &str = "application/json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    source: String,
    #[serde(default)]
    filters: Map<String, Value>,
    format: Option<Format>,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    columns: Vec<String>,
    time_zone: Option<String>,
    #[serde(default)]
    csv: CsvOptions,
    webhook: Option<Value>,
}

/// Reads what is to be exported, and where that is told.
pub(super) fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<(ExportSpec, Option<Value>), Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.unwrap_or(SUPPORTED).split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(SUPPORTED) {
        return Err(Problem::UnsupportedMediaType { found: kind.to_owned(), supported: SUPPORTED });
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| Problem::NotJson {
        line: error.line(),
        column: error.column(),
        detail: error.to_string(),
    })?;
    let body: Body =
        serde_json::from_value(value).map_err(|error| Problem::Parameter { detail: error.to_string() })?;
    let mut filters = BTreeMap::new();
    for (name, value) in body.filters {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Array(_) | Value::Object(_) => {
                let detail = format!("filters.{name}: must be a text, a number or a boolean");
                return Err(Problem::Parameter { detail });
            }
        };
        filters.insert(name, text);
    }
    let defaults = ExportSpec::of(&body.source);
    let spec = ExportSpec {
        filters,
        format: body.format.unwrap_or_default(),
        gzip: body.gzip,
        columns: body.columns,
        time_zone: body.time_zone.unwrap_or(defaults.time_zone),
        csv: body.csv,
        source: body.source,
    };
    Ok((spec, body.webhook))
}
