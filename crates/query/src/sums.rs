//! `call_sums(dimension, from, to)` and `sms_sums(dimension, from, to)`: the calls started, or text messages created, in
//! `[from, to)`, summed as far as that could be done before anybody asked. Table functions, so that SQL reads them like
//! tables; their rows still have to be summed:
//!
//! ```sql
//! SELECT direction, sum(calls) FROM call_sums('total', $from, $to) GROUP BY direction HAVING sum(calls) > 0
//! ```
//!
//! | function | dimension | values | buckets |
//! |---|---|---|---|
//! | both | `total` | none | hour |
//! | both | `quarter` | none | none: every record by itself, for time zones that are not whole hours from UTC |
//! | `call_sums` | `app` | `app_hash` | day |
//! | | `from_country` | `from_country`, inbound calls | day |
//! | | `to_country` | `to_country`, outbound calls | day |
//! | | `destination` | `cost_label`, outbound calls | day |
//! | | `did` | `did_hash`, `did_number`, `cost_label`, inbound calls | day |
//! | | `caller` | `caller`, inbound calls, only counted: there are no other sums | month |
//! | `sms_sums` | `status` | `status` | hour |
//!
//! Whole buckets come from the sums that settled files carry (`callhouse_lake::sums`), corrected by the rows that
//! the overlay replaces (as negative rows, so a sum may be 0) and has; what is left at the edges is read from
//! the records. Where a range has most of a month, callers are those of the whole month less those of the rest of it, so that the
//! fewer rows are read; different callers are counted by `unique_callers(from, to)` (`sums/callers.rs`). A row's `at` is
//! the start of its bucket; at the edges the instant of its record, or the start of its month. The account wall holds here as for the
//! records (TEN-1).
//!
//! With two more arguments, `call_sums(dimension, from, to, bucket, time_zone)`, the rows can be summed into the buckets
//! that `date_trunc(bucket, at, time_zone)` makes: records are read one by one where a bucket begins within one of
//! those summed beforehand.

pub(crate) mod callers;
mod cover;
mod provider;
mod terms;

use std::sync::Arc;

use callhouse_core::Timestamp;
use callhouse_lake::Family;
use callhouse_lake::sums::{Bucket, Dimension, SumsReader};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::plan_err;
use datafusion::error::{DataFusionError, Result};

use crate::calendar::{self, Unit};
use crate::table_functions::Arguments;
use crate::tables;
use provider::SumsProvider;

/// As `total`, and never from sums.
const QUARTER: &str = "quarter";
const TOTAL: &str = "total";

/// The function of a family in one session.
#[derive(Debug, Clone)]
pub(crate) struct RecordSums {
    family: Family,
    records: tables::Provider,
    reader: SumsReader,
}

impl RecordSums {
    /// `records` are those of the family.
    pub(crate) const fn new(family: Family, records: tables::Provider, reader: SumsReader) -> Self {
        Self { family, records, reader }
    }

    /// The function's name in SQL.
    pub(crate) fn name(&self) -> &'static str {
        self.family.sums().function
    }

    /// The dimension of a name, and whether files know its sums.
    fn dimension(&self, name: &str) -> Result<(&'static Dimension, bool)> {
        let sums = self.family.sums();
        let (wanted, is_summed) = if name == QUARTER { (TOTAL, false) } else { (name, true) };
        let Some(dimension) = sums.dimension(wanted) else {
            let known: Vec<&str> = sums.dimensions.iter().map(|known| known.name()).collect();
            let known = known.join(", ");
            return plan_err!("{} has no dimension {name:?}; it has {known}, {QUARTER}", sums.function);
        };
        Ok((dimension, is_summed))
    }
}

impl TableFunctionImpl for RecordSums {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (function, arguments) = (self.name(), Arguments::of(&args));
        if !matches!(arguments.count(), 3 | 5) {
            return plan_err!(
                "{function} takes a dimension and two instants, and may take a bucket and a time zone: \
                 {function}('total', FROM, TO, 'day', 'Europe/Paris')"
            );
        }
        let (dimension, is_summed) = self.dimension(arguments.text(0).unwrap_or_default())?;
        let (Some(from), Some(to)) = (arguments.instant(1), arguments.instant(2)) else {
            return plan_err!("the range of {function} must be two instants, written out or as parameters");
        };
        let fits = arguments.count() == 3 || {
            let (Some(unit), Some(zone)) = (arguments.text(3), arguments.text(4)) else {
                return plan_err!(
                    "the bucket and the time zone of {function} must be texts, written out or as parameters"
                );
            };
            fits(dimension, from, to, unit, zone)?
        };
        let reader = (is_summed && fits).then(|| self.reader.clone());
        Ok(Arc::new(SumsProvider::new(self.records.clone(), reader, dimension, from, to)))
    }
}

/// Whether the buckets of a unit and zone that begin in `[from, to)` each begin where one of the dimension does.
fn fits(dimension: &Dimension, from: Timestamp, to: Timestamp, unit: &str, zone: &str) -> Result<bool> {
    let failed = |error| DataFusionError::External(Box::new(error));
    let unit = Unit::parse(unit).map_err(failed)?;
    calendar::zone(zone).map_err(failed)?;
    if dimension.bucket() == Bucket::Month {
        // Their rows say nothing but the month, even those read one by one.
        return plan_err!("{:?} is counted by month of UTC and has no other buckets", dimension.name());
    }
    if unit == Unit::Minute || to <= from {
        return Ok(false);
    }
    let buckets = calendar::buckets(from, to, unit, zone).map_err(failed)?;
    let summed = dimension.bucket();
    // No row is of before the range, so it does not matter where the first begins.
    Ok(buckets.iter().skip(1).all(|bucket| summed.start(summed.of(bucket.start)) == bucket.start))
}
