//! Sums the quarters of an hour that a query counted into the buckets of a history.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;
use datafusion::error::DataFusionError;

use super::HistoryBucket;
use crate::calendar::Bucket;
use crate::error::Error;

/// The history: every bucket once per direction, inbound first, with what its quarters sum up to.
pub(crate) fn fill(buckets: &[Bucket], quarters: &[RecordBatch]) -> Result<Vec<HistoryBucket>, Error> {
    let empty = |direction| buckets.iter().map(move |bucket| HistoryBucket::empty(direction, bucket));
    let mut inbound: Vec<HistoryBucket> = empty(Direction::Inbound).collect();
    let mut outbound: Vec<HistoryBucket> = empty(Direction::Outbound).collect();
    for batch in quarters {
        let columns = Columns::of(batch).ok_or_else(|| unexpected(format!("columns {}", batch.schema())))?;
        for row in 0..batch.num_rows() {
            let history = match Direction::parse(columns.directions.value(row)) {
                Some(Direction::Inbound) => &mut inbound,
                Some(Direction::Outbound) => &mut outbound,
                None => continue,
            };
            let at = Timestamp(columns.quarters.value(row));
            let index = buckets.partition_point(|bucket| bucket.end <= at);
            let beyond = || unexpected(format!("a quarter at {}", at.to_rfc3339()));
            let bucket = history.get_mut(index).ok_or_else(beyond)?;
            bucket.add(&columns, row);
        }
    }
    inbound.append(&mut outbound);
    Ok(inbound)
}

/// The columns of `queries/calls_history.sql`.
struct Columns<'a> {
    directions: &'a arrow::array::StringArray,
    quarters: &'a arrow::array::TimestampMicrosecondArray,
    calls: &'a arrow::array::Int64Array,
    answered: &'a arrow::array::Int64Array,
    talk_seconds: &'a arrow::array::Int64Array,
    debits: &'a arrow::array::Decimal128Array,
    credits: &'a arrow::array::Decimal128Array,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        Some(Self {
            directions: batch.column_by_name("direction")?.as_string_opt()?,
            quarters: batch.column_by_name("quarter_at")?.as_primitive_opt::<TimestampMicrosecondType>()?,
            calls: batch.column_by_name("calls")?.as_primitive_opt::<Int64Type>()?,
            answered: batch.column_by_name("answered_calls")?.as_primitive_opt::<Int64Type>()?,
            talk_seconds: batch.column_by_name("talk_seconds")?.as_primitive_opt::<Int64Type>()?,
            debits: batch.column_by_name("debit")?.as_primitive_opt::<Decimal128Type>()?,
            credits: batch.column_by_name("credit")?.as_primitive_opt::<Decimal128Type>()?,
        })
    }
}

impl HistoryBucket {
    fn empty(direction: Direction, bucket: &Bucket) -> Self {
        Self {
            direction,
            start: bucket.start,
            end: bucket.end,
            local_start: bucket.local_start.clone(),
            utc_offset_seconds: bucket.utc_offset_seconds,
            count: 0,
            answered: 0,
            talk_seconds: 0,
            debit_micros: 0,
            credit_micros: 0,
        }
    }

    fn add(&mut self, columns: &Columns<'_>, row: usize) {
        self.count += u64::try_from(columns.calls.value(row)).unwrap_or(0);
        self.answered += u64::try_from(columns.answered.value(row)).unwrap_or(0);
        self.talk_seconds += columns.talk_seconds.value(row);
        self.debit_micros += columns.debits.value(row);
        self.credit_micros += columns.credits.value(row);
    }
}

fn unexpected(found: String) -> Error {
    let source = DataFusionError::Internal(format!("calls_history.sql answers with {found}"));
    Error::Execute { operation: "building a history", source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::history::{Granularity, buckets};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("an instant")
    }

    #[test]
    fn a_quarter_that_starts_a_bucket_is_in_it_and_the_one_before_is_not() {
        let buckets =
            buckets(at("2026-03-28T23:00:00Z"), at("2026-03-30T22:00:00Z"), Granularity::Day, "Europe/Paris")
                .expect("buckets");
        let quarters = ["2026-03-28T23:00:00Z", "2026-03-29T21:45:00Z", "2026-03-29T22:00:00Z"]
            .map(|text| at(text).micros());
        let ints = |values: [i64; 3]| Arc::new(Int64Array::from_iter_values(values)) as ArrayRef;
        let money = || Arc::new(Decimal128Array::from_iter_values([1, 2, 3])) as ArrayRef;
        let batch = RecordBatch::try_from_iter([
            ("direction", Arc::new(StringArray::from_iter_values(["outbound"; 3])) as ArrayRef),
            ("quarter_at", Arc::new(TimestampMicrosecondArray::from_iter_values(quarters)) as ArrayRef),
            ("calls", ints([1, 10, 100])),
            ("answered_calls", ints([1, 1, 1])),
            ("talk_seconds", ints([5, 6, 7])),
            ("debit", money()),
            ("credit", money()),
        ])
        .expect("rows");
        let history = fill(&buckets, &[batch]).expect("a history");
        let counts: Vec<_> = history
            .iter()
            .map(|bucket| (bucket.direction, bucket.count, bucket.talk_seconds, bucket.debit_micros))
            .collect();
        let wanted = [
            (Direction::Inbound, 0, 0, 0),
            (Direction::Inbound, 0, 0, 0),
            (Direction::Outbound, 11, 11, 3),
            (Direction::Outbound, 100, 7, 3),
        ];
        assert_eq!(counts, wanted);
    }
}
