//! Columns of records, value by value, as all families make them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use callhouse_core::record::Stamp;
use callhouse_core::{Money, Timestamp};

use super::GroupColumns;
use super::record_schema::kind;

pub(crate) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

pub(crate) fn instants(values: impl Iterator<Item = Option<Timestamp>>) -> ArrayRef {
    let micros = values.map(|at| at.map(Timestamp::micros));
    Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
}

pub(crate) fn int64s(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(values))
}

pub(crate) fn int32s(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(Int32Array::from_iter(values))
}

pub(crate) fn amounts(values: impl Iterator<Item = Option<Money>>) -> ArrayRef {
    let micros = values.map(|amount| amount.map(|amount| i128::from(amount.micros())));
    Arc::new(Decimal128Array::from_iter(micros).with_data_type(kind::money()))
}

/// A group's stamp, the instant it may be stored against, and whether the row shows the group.
pub(crate) type Stamped = (Option<Stamp>, Option<Timestamp>, bool);

/// The stamp column of a group from its rows' stamps, what they refer to and whether the group shows.
pub(crate) fn stamps(group: &GroupColumns, rows: impl Iterator<Item = Stamped>) -> ArrayRef {
    int64s(rows.map(|(stamp, reference, shown)| group.stored(stamp?, reference, shown)))
}
