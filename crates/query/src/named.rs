//! The named queries: the files of `queries/`, each one question with its parameters and columns in its header.

mod header;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use datafusion::common::ScalarValue;
use datafusion::prelude::{DataFrame, SessionContext};

use crate::error::Error;
use crate::params::{Param, Params};
use crate::sums;
use header::{Kind, Parameter};

macro_rules! registry {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../queries/", $name, ".sql")))),+]
    };
}

/// Every file of `queries/`, one line each.
const FILES: &[(&str, &str)] = registry![
    "calls_by_app",
    "calls_by_cli_country",
    "calls_by_destination",
    "calls_by_did",
    "calls_by_outbound_country",
    "calls_history",
    "calls_summary",
    "cdr_search",
    "cdr_total",
];

/// A question with a name.
#[derive(Debug)]
pub(crate) struct NamedQuery {
    name: &'static str,
    sql: &'static str,
    parameters: Vec<Parameter>,
}

static QUERIES: LazyLock<BTreeMap<&'static str, NamedQuery>> = LazyLock::new(|| {
    let read = |(name, sql): &(&'static str, &'static str)| {
        (*name, NamedQuery { name, sql, parameters: header::parameters(sql) })
    };
    FILES.iter().map(read).collect()
});

/// Names and texts of all named queries, in order of name.
#[must_use]
pub fn named_queries() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// Plans a named query with its parameters bound.
pub(crate) async fn plan(session: &SessionContext, name: &str, params: &Params) -> Result<DataFrame, Error> {
    let query = QUERIES.get(name).ok_or_else(|| Error::UnknownQuery { name: name.to_owned() })?;
    let values = query.bind(params)?;
    let failed = |source| Error::execute("planning a named query", source);
    sums::bind(session, &values);
    let frame = session.sql(query.sql).await.map_err(failed)?;
    frame.with_param_values(values).map_err(failed)
}

impl NamedQuery {
    /// A value for every parameter of the header, nulls for optional ones left out.
    fn bind(&self, params: &Params) -> Result<Vec<(String, ScalarValue)>, Error> {
        if let Some(unknown) =
            params.keys().find(|name| self.parameters.iter().all(|known| known.name != **name))
        {
            return Err(self.refuse(unknown, "is not a parameter of this query"));
        }
        self.parameters
            .iter()
            .map(|parameter| Ok((parameter.name.clone(), self.value(parameter, params)?)))
            .collect()
    }

    fn value(&self, parameter: &Parameter, params: &Params) -> Result<ScalarValue, Error> {
        let given = params.get(&parameter.name).unwrap_or(&Param::Null);
        if *given == Param::Null && !parameter.optional {
            return Err(self.refuse(&parameter.name, "is required"));
        }
        scalar(parameter.kind, given).ok_or_else(|| self.refuse(&parameter.name, "is of another type"))
    }

    fn refuse(&self, name: &str, reason: &str) -> Error {
        Error::Parameter { query: self.name.to_owned(), name: name.to_owned(), reason: reason.to_owned() }
    }
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
