//! Control totals: what a reader of the file adds up to see that nothing is missing.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMicrosecondType};
use callhouse_core::Timestamp;
use callhouse_core::money::SCALE;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::source::Source;

/// Digits of the widest decimal, so that sums fit.
const PRECISION: u8 = 38;

/// The totals of the rows seen.
#[derive(Debug)]
pub(crate) struct Totals {
    source: &'static Source,
    all: Sums,
    groups: BTreeMap<String, Sums>,
}

#[derive(Debug, Clone, Default)]
struct Sums {
    rows: u64,
    sums: Vec<i128>,
    /// In millionths (MON-1).
    amounts: Vec<i128>,
    first: Option<i64>,
    last: Option<i64>,
}

/// The columns that are added up.
struct Columns {
    group: ArrayRef,
    time: ArrayRef,
    sums: Vec<ArrayRef>,
    amounts: Vec<ArrayRef>,
}

impl Columns {
    fn of(source: &Source, batch: &RecordBatch) -> Result<Self, Error> {
        let typed = |name: &str, kind: &DataType| {
            let column = batch
                .column_by_name(name)
                .ok_or_else(|| Error::Encode(format!("no column {name}").into()))?;
            cast(column, kind).map_err(|error| Error::Encode(Box::new(error)))
        };
        let scale = i8::try_from(SCALE).unwrap_or(i8::MAX);
        let decimal = DataType::Decimal128(PRECISION, scale);
        let instant = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
        let all = |names: &[&str], kind: &DataType| {
            names.iter().map(|name| typed(name, kind)).collect::<Result<Vec<ArrayRef>, Error>>()
        };
        Ok(Self {
            group: typed(source.group, &DataType::Utf8)?,
            time: typed(source.time, &instant)?,
            sums: all(source.sums, &DataType::Int64)?,
            amounts: all(source.amounts, &decimal)?,
        })
    }
}

impl Totals {
    pub(crate) fn new(source: &'static Source) -> Self {
        Self { source, all: Sums::empty(source), groups: BTreeMap::new() }
    }

    /// Adds rows that have at least the columns of [`Source::totalled`].
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let columns = Columns::of(self.source, batch)?;
        let groups = columns.group.as_string::<i32>();
        let mut next = 0;
        while next < batch.num_rows() {
            // Rows of one group in a row are added at once.
            let value = |row: usize| groups.is_valid(row).then(|| groups.value(row));
            let group = value(next);
            let is_other = |row: &usize| value(*row) != group;
            let end = (next..batch.num_rows()).find(is_other).unwrap_or(batch.num_rows());
            self.all.add(&columns, next, end);
            let group = group.unwrap_or_default();
            match self.groups.get_mut(group) {
                Some(sums) => sums.add(&columns, next, end),
                None => {
                    let mut sums = Sums::empty(self.source);
                    sums.add(&columns, next, end);
                    self.groups.insert(group.to_owned(), sums);
                }
            }
            next = end;
        }
        Ok(())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.all.rows
    }

    /// `rows`, sums, amounts as decimal texts, the first and last instant, and the same by group.
    pub(crate) fn to_json(&self) -> Value {
        let mut totals = self.all.to_json(self.source);
        let groups: Map<String, Value> = self
            .groups
            .iter()
            .map(|(group, sums)| {
                let name = if group.is_empty() { "none" } else { group.as_str() };
                (name.to_owned(), Value::Object(sums.to_json(self.source)))
            })
            .collect();
        totals.insert(format!("by_{}", self.source.group), Value::Object(groups));
        Value::Object(totals)
    }
}

impl Sums {
    fn empty(source: &Source) -> Self {
        Self { sums: vec![0; source.sums.len()], amounts: vec![0; source.amounts.len()], ..Self::default() }
    }

    fn add(&mut self, columns: &Columns, from: usize, to: usize) {
        self.rows += u64::try_from(to - from).unwrap_or(0);
        let times = columns.time.as_primitive::<TimestampMicrosecondType>();
        let known = || (from..to).filter(|row| times.is_valid(*row)).map(|row| times.value(row));
        self.first = self.first.into_iter().chain(known()).min();
        self.last = self.last.into_iter().chain(known()).max();
        for (sum, column) in self.sums.iter_mut().zip(&columns.sums) {
            let values = column.as_primitive::<Int64Type>();
            *sum += (from..to)
                .filter(|row| values.is_valid(*row))
                .map(|row| i128::from(values.value(row)))
                .sum::<i128>();
        }
        for (sum, column) in self.amounts.iter_mut().zip(&columns.amounts) {
            let values = column.as_primitive::<Decimal128Type>();
            *sum += (from..to).filter(|row| values.is_valid(*row)).map(|row| values.value(row)).sum::<i128>();
        }
    }

    fn to_json(&self, source: &Source) -> Map<String, Value> {
        let instant = |micros: Option<i64>| json!(micros.map(|micros| Timestamp(micros).to_rfc3339()));
        let mut members = Map::new();
        members.insert("rows".to_owned(), json!(self.rows));
        for (name, sum) in source.sums.iter().zip(&self.sums) {
            members.insert((*name).to_owned(), json!(i64::try_from(*sum).unwrap_or(i64::MAX)));
        }
        for (name, amount) in source.amounts.iter().zip(&self.amounts) {
            members.insert((*name).to_owned(), json!(decimal(*amount)));
        }
        members.insert(format!("first_{}", source.time), instant(self.first));
        members.insert(format!("last_{}", source.time), instant(self.last));
        members
    }
}

/// Millionths as a decimal text.
fn decimal(millionths: i128) -> String {
    let mut out = Vec::new();
    crate::format::write_decimal(millionths, SCALE, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
