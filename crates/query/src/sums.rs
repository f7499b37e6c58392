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
//! fewer rows are read; different callers are counted by `unique_callers(from, to)` (`sums/callers.rs`). A row's `at` is the start of its bucket; at the edges that of its call, or of its month. The account wall holds here as for `calls` (TEN-1).

pub(crate) mod callers;
mod cover;
mod provider;
mod terms;

use std::sync::Arc;

use callhouse_lake::sums::{Dimension, SumsReader};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::plan_err;
use datafusion::error::Result;

use crate::table_functions::Arguments;
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
}

impl CallSums {
    pub(crate) const fn new(calls: tables::Provider, reader: SumsReader) -> Self {
        Self { calls, reader }
    }
}

impl TableFunctionImpl for CallSums {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let arguments = Arguments::of(&args);
        if arguments.count() != 3 {
            return plan_err!("{NAME} takes a dimension and two instants: {NAME}('total', FROM, TO)");
        }
        let name = arguments.text(0).unwrap_or_default();
        let (dimension, reader) = if name == QUARTER {
            (Dimension::Total, None)
        } else if let Some(known) = Dimension::ALL.into_iter().find(|known| known.name() == name) {
            (known, Some(self.reader.clone()))
        } else {
            let known = Dimension::ALL.map(Dimension::name).join(", ");
            return plan_err!("{NAME} has no dimension {name:?}; it has {known}, {QUARTER}");
        };
        let (Some(from), Some(to)) = (arguments.instant(1), arguments.instant(2)) else {
            return plan_err!("the range of {NAME} must be two instants, written out or as parameters");
        };
        Ok(Arc::new(SumsProvider::new(self.calls.clone(), reader, dimension, from, to)))
    }
}
