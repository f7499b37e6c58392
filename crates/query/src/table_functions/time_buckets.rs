//! `time_buckets(from, to, unit, zone)`: the minutes, hours, days … of a time zone that `[from, to)` touches, empty
//! ones included, so that a question can divide by their length.
//!
//! | column | what |
//! |---|---|
//! | `bucket_at` | start of the bucket, as `date_trunc(unit, instant, zone)` says it |
//! | `starts_at`, `ends_at` | the instants of the bucket that lie in the range, half-open |
//!
//! A unit that is `NULL` makes one bucket of the range; its `bucket_at` is `NULL`.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use callhouse_core::Timestamp;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::plan_err;
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};

use super::Arguments;
use crate::calendar::{self, Bucket, Unit};
use crate::error::Error;

pub(super) const NAME: &str = "time_buckets";

#[derive(Debug)]
pub(super) struct TimeBuckets;

impl TableFunctionImpl for TimeBuckets {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let arguments = Arguments::of(&args);
        let (Some(from), Some(to), 4) = (arguments.instant(0), arguments.instant(1), arguments.count())
        else {
            return plan_err!(
                "{NAME} takes two instants, a unit and a time zone: {NAME}(FROM, TO, 'day', 'UTC')"
            );
        };
        let unit = if arguments.is_null(2) {
            None
        } else {
            Some(Unit::parse(arguments.text(2).unwrap_or_default()).map_err(external)?)
        };
        let zone = arguments.text(3).unwrap_or_default();
        let slots = slots(from, to, unit, zone).map_err(external)?;
        let column = |of: fn(&Slot) -> Option<Timestamp>| {
            let micros = slots.iter().map(|slot| of(slot).map(|at| at.micros()));
            Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC")) as ArrayRef
        };
        let columns = vec![
            column(|slot| slot.bucket_at),
            column(|slot| Some(slot.starts_at)),
            column(|slot| Some(slot.ends_at)),
        ];
        let instants = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Arc::new(Schema::new(vec![
            Field::new("bucket_at", instants.clone(), true),
            Field::new("starts_at", instants.clone(), false),
            Field::new("ends_at", instants, false),
        ]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
    }
}

/// A row: a bucket, and the part of it that is in the range.
struct Slot {
    bucket_at: Option<Timestamp>,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

fn slots(from: Timestamp, to: Timestamp, unit: Option<Unit>, zone: &str) -> Result<Vec<Slot>, Error> {
    let Some(unit) = unit else {
        let whole = Slot { bucket_at: None, starts_at: from, ends_at: to };
        return Ok(if from < to { vec![whole] } else { Vec::new() });
    };
    let slot = |bucket: Bucket| Slot {
        bucket_at: Some(bucket.start),
        starts_at: bucket.start.max(from),
        ends_at: bucket.end.min(to),
    };
    Ok(calendar::buckets(from, to, unit, zone)?.into_iter().map(slot).collect())
}

fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
