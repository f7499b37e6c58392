//! The named queries: the files of `queries/`, each one question with its parameters and columns in its header.

mod header;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use callhouse_core::Timestamp;
use datafusion::common::ScalarValue;
use datafusion::prelude::{DataFrame, SessionContext};

use crate::error::Error;
use crate::params::{Param, Params};
use crate::table_functions;

pub use header::{Column, Header, Kind, Parameter};

macro_rules! registry {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../queries/", $name, ".sql")))),+]
    };
}

/// Every file of `queries/`, one line each.
const FILES: &[(&str, &str)] = registry![
    "abr",
    "acd",
    "asr",
    "busy_hour",
    "calls_by_app",
    "calls_by_cli_country",
    "calls_by_destination",
    "calls_by_did",
    "calls_by_outbound_country",
    "calls_history",
    "calls_per_second",
    "calls_summary",
    "cdr_search",
    "cdr_total",
    "concurrent_calls",
    "destination_costs",
    "erlangs",
    "hour_of_week",
    "ner",
    "number_fan_out",
    "pdd",
    "release_causes",
    "seer",
    "ser",
    "short_calls",
    "sms_delivery_latency",
    "sms_delivery_rate",
    "sms_get",
    "sms_history",
    "sms_history_out",
    "sms_history_out_by_status",
    "sms_search",
    "sms_summary",
    "sms_summary_out",
    "sms_summary_out_by_status",
    "sms_total",
    "webhook_log_search",
];

/// A question with a name.
#[derive(Debug)]
pub struct NamedQuery {
    pub name: &'static str,
    /// The whole file, header included.
    pub sql: &'static str,
    pub header: Header,
}

static QUERIES: LazyLock<BTreeMap<&'static str, NamedQuery>> = LazyLock::new(|| {
    let read = |(name, sql): &(&'static str, &'static str)| {
        (*name, NamedQuery { name, sql, header: Header::read(sql) })
    };
    FILES.iter().map(read).collect()
});

/// All named queries, in order of name.
pub fn named_queries() -> impl Iterator<Item = &'static NamedQuery> {
    QUERIES.values()
}

/// The named query of that name.
///
/// # Errors
/// [`Error::UnknownQuery`].
pub fn named_query(name: &str) -> Result<&'static NamedQuery, Error> {
    QUERIES.get(name).ok_or_else(|| Error::UnknownQuery { name: name.to_owned() })
}

/// Plans a named query with its parameters bound.
pub(crate) async fn plan(session: &SessionContext, name: &str, params: &Params) -> Result<DataFrame, Error> {
    let query = named_query(name)?;
    let values = query.bind(params)?;
    let failed = |source| Error::execute("planning a named query", source);
    table_functions::bind(session, &values);
    let frame = session.sql(query.sql).await.map_err(failed)?;
    frame.with_param_values(values).map_err(failed)
}

impl NamedQuery {
    /// Parameters from texts, as command lines and addresses have them. Instants are RFC 3339 or a date, which means
    /// its midnight in UTC; an empty text is a value left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a name that the header does not state, one given twice, or a text that is no value of
    /// its type.
    pub fn params<'a>(&self, texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Params, Error> {
        let mut params = Params::new();
        for (name, text) in texts {
            let parameter = self.parameter(name)?;
            let value = match text {
                "" => Param::Null,
                text => parsed(parameter.kind, text).ok_or_else(|| self.wrong_type(parameter))?,
            };
            if params.insert(name.to_owned(), value).is_some() {
                return Err(self.refuse(name, "is given twice".to_owned()));
            }
        }
        Ok(params)
    }

    fn parameter(&self, name: &str) -> Result<&Parameter, Error> {
        let known = &self.header.parameters;
        known.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
            self.refuse(name, format!("is not a parameter of this query, which has {}", names.join(", ")))
        })
    }

    /// A value for every parameter of the header, nulls for optional ones left out.
    fn bind(&self, params: &Params) -> Result<Vec<(String, ScalarValue)>, Error> {
        for name in params.keys() {
            self.parameter(name)?;
        }
        let value = |parameter: &Parameter| Ok((parameter.name.to_owned(), self.value(parameter, params)?));
        self.header.parameters.iter().map(value).collect()
    }

    fn value(&self, parameter: &Parameter, params: &Params) -> Result<ScalarValue, Error> {
        let default =
            || parameter.default.and_then(|text| parsed(parameter.kind, text)).unwrap_or(Param::Null);
        let given = params.get(parameter.name).filter(|value| **value != Param::Null).cloned();
        let given = given.unwrap_or_else(default);
        match &given {
            Param::Null if !parameter.optional => {
                return Err(self.refuse(parameter.name, "is required".to_owned()));
            }
            Param::Text(text)
                if !parameter.choices.is_empty() && !parameter.choices.contains(&text.as_str()) =>
            {
                let choices = parameter.choices.join(", ");
                return Err(self.refuse(parameter.name, format!("must be one of {choices}, and is {text:?}")));
            }
            _ => {}
        }
        scalar(parameter.kind, &given).ok_or_else(|| self.wrong_type(parameter))
    }

    fn wrong_type(&self, parameter: &Parameter) -> Error {
        let wanted = match parameter.kind {
            Kind::Text => "must be a text",
            Kind::Int => "must be a whole number",
            Kind::Bool => "must be true or false",
            Kind::Timestamp => "must be an instant such as 2026-03-01T00:00:00Z, or a date",
            Kind::Money => "must be an amount with at most six decimals",
        };
        self.refuse(parameter.name, wanted.to_owned())
    }

    fn refuse(&self, name: &str, reason: String) -> Error {
        Error::Parameter { query: self.name.to_owned(), name: name.to_owned(), reason }
    }
}

/// A value of a type from its text; `None` when it is none.
fn parsed(kind: Kind, text: &str) -> Option<Param> {
    Some(match kind {
        Kind::Text => Param::from(text),
        Kind::Int => Param::Int(text.parse().ok()?),
        Kind::Bool => Param::Bool(text.parse().ok()?),
        Kind::Timestamp => {
            let midnight = || Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"));
            Param::Timestamp(Timestamp::parse_rfc3339(text).or_else(midnight)?)
        }
        Kind::Money => Param::Money(text.parse().ok()?),
    })
}

/// A value as DataFusion takes it; `None` when it is not of the kind. Nulls are typed, so that plans are too.
fn scalar(kind: Kind, value: &Param) -> Option<ScalarValue> {
    Some(match (kind, value) {
        (Kind::Text, Param::Null) => ScalarValue::Utf8(None),
        (Kind::Text, Param::Text(text)) => ScalarValue::Utf8(Some(text.clone())),
        (Kind::Int, Param::Null) => ScalarValue::Int64(None),
        (Kind::Int, Param::Int(number)) => ScalarValue::Int64(Some(*number)),
        (Kind::Bool, Param::Null) => ScalarValue::Boolean(None),
        (Kind::Bool, Param::Bool(truth)) => ScalarValue::Boolean(Some(*truth)),
        (Kind::Timestamp, Param::Null) => instant(None),
        (Kind::Timestamp, Param::Timestamp(at)) => instant(Some(at.micros())),
        (Kind::Money, Param::Null) => money(None),
        (Kind::Money, Param::Money(amount)) => money(Some(i128::from(amount.micros()))),
        _ => return None,
    })
}

pub(crate) fn instant(micros: Option<i64>) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(micros, Some("UTC".into()))
}

fn money(micros: Option<i128>) -> ScalarValue {
    ScalarValue::Decimal128(micros, 18, 6)
}
