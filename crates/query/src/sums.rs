//! `call_sums(dimension, from, to)`: the calls started in `[from, to)`, summed as far as that could be done before
//! anybody asked. A table function, so that SQL reads it like a table; its rows still have to be summed:
//!
//! ```sql
//! SELECT direction, sum(calls) FROM call_sums('total', $from, $to) GROUP BY direction HAVING sum(calls) > 0
//! ```
//!
//! | dimension | values | buckets |
//! |---|---|---|
//! | `total` | none | hour |
//! | `quarter` | none | none: every call by itself, for time zones that are not whole hours from UTC |
//! | `app` | `app_hash` | day |
//! | `from_country` | `from_country`, inbound calls | day |
//! | `to_country` | `to_country`, outbound calls | day |
//! | `destination` | `cost_label`, outbound calls | day |
//! | `did` | `did_hash`, `did_number`, `cost_label`, inbound calls | day |
//! | `caller` | `caller`, inbound calls, only counted: there are no other sums | month |
//!
//! Whole buckets come from the sums that settled files carry (`callhouse_lake::sums`), corrected by the rows that
//! the overlay replaces (as negative rows, so a sum may be 0) and has; what is left at the edges is read from
//! `calls`. Where a range has most of a month, callers are those of the whole month less those of the rest of it, so that the
//! fewer rows are read. A row's `at` is the start of its bucket; at the edges that of its call, or of its month. The account wall holds here as for `calls` (TEN-1).

mod cover;
mod provider;
mod terms;

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::Timestamp;
use callhouse_lake::sums::{Dimension, SumsReader};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;

use crate::tables;
use provider::SumsProvider;

/// The function's name in SQL.
pub(crate) const NAME: &str = "call_sums";

/// As `total`, and never from sums.
const QUARTER: &str = "quarter";

/// The function in one session.
#[derive(Debug, Clone)]
pub(crate) struct CallSums {
    calls: tables::Provider,
    reader: SumsReader,
    /// Values of the placeholders that its arguments may be, by name without `$`.
    params: Arc<HashMap<String, ScalarValue>>,
}

impl CallSums {
    pub(crate) fn new(calls: tables::Provider, reader: SumsReader) -> Self {
        Self { calls, reader, params: Arc::default() }
    }

    fn value<'a>(&'a self, argument: &'a Expr) -> Option<&'a ScalarValue> {
        match argument {
            Expr::Literal(value, _) => Some(value),
            Expr::Placeholder(placeholder) => self.params.get(placeholder.id.trim_start_matches('$')),
            Expr::Cast(cast) => self.value(&cast.expr),
            _ => None,
        }
    }

    fn instant(&self, argument: &Expr) -> Option<Timestamp> {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        match self.value(argument)?.cast_to(&micros) {
            Ok(ScalarValue::TimestampMicrosecond(at, _)) => at.map(Timestamp),
            _ => None,
        }
    }
}

/// Tells the function of a session the parameters of a statement. Its range is looked at when the statement is
/// planned, which is before they are bound elsewhere.
pub(crate) fn bind(session: &SessionContext, params: &[(String, ScalarValue)]) {
    let state = session.state();
    let registered = state.table_functions().get(NAME).map(|function| Arc::clone(function.function()));
    let registered =
        registered.and_then(|function| (function as Arc<dyn Any + Send + Sync>).downcast::<CallSums>().ok());
    if let Some(unbound) = registered {
        let bound =
            CallSums { params: Arc::new(params.iter().cloned().collect()), ..CallSums::clone(&unbound) };
        session.register_udtf(NAME, Arc::new(bound));
    }
}

impl TableFunctionImpl for CallSums {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [dimension, from, to] = args.exprs() else {
            return plan_err!("{NAME} takes a dimension and two instants: {NAME}('total', FROM, TO)");
        };
        let name = self.value(dimension).and_then(|value| value.try_as_str().flatten()).unwrap_or_default();
        let (dimension, reader) = if name == QUARTER {
            (Dimension::Total, None)
        } else if let Some(known) = Dimension::ALL.into_iter().find(|known| known.name() == name) {
            (known, Some(self.reader.clone()))
        } else {
            let known = Dimension::ALL.map(Dimension::name).join(", ");
            return plan_err!("{NAME} has no dimension {name:?}; it has {known}, {QUARTER}");
        };
        let (Some(from), Some(to)) = (self.instant(from), self.instant(to)) else {
            return plan_err!("the range of {NAME} must be two instants, written out or as parameters");
        };
        Ok(Arc::new(SumsProvider::new(self.calls.clone(), reader, dimension, from, to)))
    }
}
