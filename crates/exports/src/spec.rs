//! What somebody wants exported, and in which form. It is what a job keeps as its parameters.

use std::collections::BTreeMap;

use callhouse_query::Params;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::format::Format;
use crate::source::{SOURCES, Source, source};

/// A request for an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportSpec {
    /// The name of a [`Source`].
    pub source: String,
    /// Values of the parameters of the source's query, as texts.
    #[serde(default)]
    pub filters: BTreeMap<String, String>,
    #[serde(default)]
    pub format: Format,
    #[serde(default)]
    pub gzip: bool,
    /// Columns in the order wanted; all of the source if empty.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The IANA zone in which CSV and NDJSON print instants.
    #[serde(default = "utc")]
    pub time_zone: String,
    #[serde(default)]
    pub csv: CsvOptions,
}

/// What only CSV has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    pub delimiter: Delimiter,
    /// U+FEFF in front, by which spreadsheets know UTF-8.
    pub bom: bool,
    /// Texts that a spreadsheet would take for a formula get an apostrophe in front, and so do those that have one
    /// there: a reader that takes one apostrophe off each text that has one in front gets what there was.
    pub neutralise_formulas: bool,
    pub times: TimeStyle,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delimiter {
    #[default]
    Comma,
    Semicolon,
    Tab,
}

impl Delimiter {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// How CSV prints instants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeStyle {
    /// `2026-03-01T12:34:56.789+01:00`: exact.
    #[default]
    Rfc3339,
    /// `2026-03-01 12:34:56.789`, the wall clock of the zone, which spreadsheets understand; in the hour that a zone
    /// has twice a year it does not tell which of the two.
    Local,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct Refusal {
    /// The member at fault, such as `filters.from`.
    pub field: String,
    pub detail: String,
}

fn refuse<T>(field: impl Into<String>, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { field: field.into(), detail: detail.into() })
}

/// A request found good.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) source: &'static Source,
    pub(crate) params: Params,
    pub(crate) columns: Vec<String>,
    pub(crate) time_zone: Tz,
}

impl ExportSpec {
    /// All rows of a source, as CSV.
    #[must_use]
    pub fn of(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            filters: BTreeMap::new(),
            format: Format::default(),
            gzip: false,
            columns: Vec::new(),
            time_zone: utc(),
            csv: CsvOptions::default(),
        }
    }

    /// Looks whether it can be done.
    ///
    /// # Errors
    /// [`Refusal`], which names the member at fault.
    pub fn check(&self) -> Result<(), Refusal> {
        self.checked().map(drop)
    }

    pub(crate) fn checked(&self) -> Result<Checked, Refusal> {
        let Some(source) = source(&self.source) else {
            let names: Vec<&str> = SOURCES.iter().map(|source| source.name).collect();
            return refuse(
                "source",
                format!("{:?} cannot be exported; there are {}", self.source, names.join(", ")),
            );
        };
        let params = self.params(source)?;
        let columns = self.columns(source)?;
        if self.gzip && self.format == Format::Parquet {
            return refuse("gzip", "Parquet is compressed within; leave gzip out");
        }
        if self.csv != CsvOptions::default() && self.format != Format::Csv {
            return refuse("csv", "these options are of the format csv");
        }
        let Ok(time_zone) = self.time_zone.parse() else {
            return refuse("time_zone", format!("{:?} is no IANA time zone", self.time_zone));
        };
        Ok(Checked { source, params, columns, time_zone })
    }

    fn params(&self, source: &Source) -> Result<Params, Refusal> {
        let query = source.named_query();
        let mut params = Params::new();
        for (name, text) in &self.filters {
            let field = || format!("filters.{name}");
            // One by one, so that the one at fault can be named.
            match query.params([(name.as_str(), text.as_str())]) {
                Ok(param) => params.extend(param),
                Err(callhouse_query::Error::Parameter { reason, .. }) => return refuse(field(), reason),
                Err(error) => return refuse(field(), error.to_string()),
            }
            if text.contains('\0') {
                return refuse(field(), "has a NUL in it");
            }
            let parameter = query.header.parameters.iter().find(|parameter| parameter.name == name);
            let choices = parameter.map_or(&[][..], |parameter| parameter.choices.as_slice());
            if !choices.is_empty() && !text.is_empty() && !choices.contains(&text.as_str()) {
                return refuse(field(), format!("must be one of {}", choices.join(", ")));
            }
        }
        Ok(params)
    }

    fn columns(&self, source: &Source) -> Result<Vec<String>, Refusal> {
        let known: Vec<&str> = source.columns().collect();
        if self.columns.is_empty() {
            return Ok(known.into_iter().map(str::to_owned).collect());
        }
        for (index, column) in self.columns.iter().enumerate() {
            if !known.contains(&column.as_str()) {
                return refuse(
                    "columns",
                    format!("{} has no column {column:?}; docs/tables.md lists them", source.name),
                );
            }
            if self.columns[..index].contains(column) {
                return refuse("columns", format!("{column} is there twice"));
            }
        }
        if self.columns.len() == 1 && self.format == Format::Csv {
            return refuse("columns", "CSV needs two columns or more: of one, a null would be an empty line");
        }
        Ok(self.columns.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field_of(spec: serde_json::Value) -> Option<String> {
        let spec: ExportSpec = serde_json::from_value(spec).expect("a request");
        spec.check().err().map(|refusal| refusal.field)
    }

    #[test]
    fn a_request_says_what_is_wrong_with_it() {
        let cases = [
            (json!({"source": "calls"}), None),
            (
                json!({"source": "calls", "filters": {"direction": "inbound", "from": "2026-03-01", "to": ""}}),
                None,
            ),
            (json!({"source": "faxes"}), Some("source")),
            (json!({"source": "calls", "filters": {"direction": "both"}}), Some("filters.direction")),
            (json!({"source": "calls", "filters": {"form": "2026-03-01"}}), Some("filters.form")),
            (json!({"source": "calls", "filters": {"from": "soon"}}), Some("filters.from")),
            (json!({"source": "calls", "filters": {"number": "a\u{0}b"}}), Some("filters.number")),
            (json!({"source": "calls", "columns": ["call_id", "price"]}), Some("columns")),
            (json!({"source": "calls", "columns": ["call_id", "call_id"]}), Some("columns")),
            (json!({"source": "calls", "columns": ["call_id"]}), Some("columns")),
            (json!({"source": "calls", "columns": ["call_id"], "format": "ndjson"}), None),
            (json!({"source": "calls", "format": "parquet", "gzip": true}), Some("gzip")),
            (json!({"source": "calls", "format": "ndjson", "csv": {"bom": true}}), Some("csv")),
            (json!({"source": "calls", "time_zone": "Europe/Pariss"}), Some("time_zone")),
            (json!({"source": "calls", "time_zone": "Europe/Paris"}), None),
        ];
        for (spec, field) in cases {
            assert_eq!(field_of(spec.clone()).as_deref(), field, "{spec}");
        }
    }

    #[test]
    fn what_a_job_keeps_reads_back() {
        let mut spec = ExportSpec::of("calls");
        spec.csv.delimiter = Delimiter::Semicolon;
        spec.filters.insert("direction".to_owned(), "inbound".to_owned());
        let kept = serde_json::to_value(&spec).expect("JSON");
        assert_eq!(serde_json::from_value::<ExportSpec>(kept).expect("a request"), spec);
    }
}
