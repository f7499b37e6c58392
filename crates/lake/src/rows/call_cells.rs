//! Typed access to single cells of a batch of calls, and what of a group's stamp and presence they say.

use std::cmp::Ordering;

use arrow::array::{
    Array, Decimal128Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;
use callhouse_core::Timestamp;
use callhouse_core::event::call::{DialStatus, ReleaseSource};
use callhouse_core::record::Stamp;

use super::stamps::usual;
use super::{CallColumn, GroupName, check_schema, effective, typed};
use crate::error::Error;
use crate::table::Table;

/// A batch of calls whose types were checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallCells<'a> {
    batch: &'a RecordBatch,
}

impl<'a> CallCells<'a> {
    pub(crate) fn new(batch: &'a RecordBatch) -> Result<Self, Error> {
        check_schema(batch, Table::Calls)?;
        Ok(Self { batch })
    }

    /// Of a batch that [`check_schema`] has seen.
    pub(crate) fn of_checked(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    pub(crate) fn text(self, column: CallColumn, row: usize) -> Option<&'a str> {
        let array: &StringArray = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn instant(self, column: CallColumn, row: usize) -> Option<Timestamp> {
        let array: &TimestampMicrosecondArray = typed(self.batch, column.index());
        array.is_valid(row).then(|| Timestamp(array.value(row)))
    }

    pub(crate) fn int64(self, column: CallColumn, row: usize) -> Option<i64> {
        let array: &Int64Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn int32(self, column: CallColumn, row: usize) -> Option<i32> {
        let array: &Int32Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn int16(self, column: CallColumn, row: usize) -> Option<i16> {
        let array: &Int16Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn decimal(self, column: CallColumn, row: usize) -> Option<i128> {
        let array: &Decimal128Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    /// Whether any column of the group is not null in this row.
    pub(crate) fn shows(self, group: GroupName, row: usize) -> bool {
        // Parties always have a source.
        let columns = if group == GroupName::Parties { &[CallColumn::Source] } else { content(group) };
        columns.iter().any(|column| self.batch.column(column.index()).is_valid(row))
    }

    /// The stamp of a group, `None` when the row does not know the group.
    pub(crate) fn stamp(self, group: GroupName, row: usize) -> Option<Stamp> {
        let (_, reference) = usual(group);
        let stored = self.int64(group.stamp(), row);
        effective(group, stored, self.instant(reference, row), stored.is_some() || self.shows(group, row))
    }

    /// Compares the content of a group in two rows as `Ord` of the group's struct in core does: field by field in
    /// the order of declaration, absent before present.
    pub(crate) fn compare_content(self, group: GroupName, left: usize, right: usize) -> Ordering {
        let compare = |column: &CallColumn| self.compare_cell(*column, left, right);
        content(group).iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn compare_cell(self, column: CallColumn, left: usize, right: usize) -> Ordering {
        match (column, column.data_type()) {
            // The two enums whose variants are not declared in the order of their texts.
            (CallColumn::ReleaseSource, _) => {
                let parsed = |row| self.text(column, row).and_then(ReleaseSource::parse);
                parsed(left).cmp(&parsed(right))
            }
            (CallColumn::DialStatusStated, _) => {
                let parsed = |row| self.text(column, row).and_then(DialStatus::parse);
                parsed(left).cmp(&parsed(right))
            }
            (_, DataType::Utf8) => self.text(column, left).cmp(&self.text(column, right)),
            (_, DataType::Int64) => self.int64(column, left).cmp(&self.int64(column, right)),
            (_, DataType::Int32) => self.int32(column, left).cmp(&self.int32(column, right)),
            (_, DataType::Int16) => self.int16(column, left).cmp(&self.int16(column, right)),
            (_, DataType::Decimal128(..)) => self.decimal(column, left).cmp(&self.decimal(column, right)),
            _ => self.instant(column, left).cmp(&self.instant(column, right)),
        }
    }
}

/// The columns that hold the content of a group, in the order of the fields of its struct in core.
/// `parent_callid` is left out: it follows from `parent_call_id`.
pub(crate) const fn content(group: GroupName) -> &'static [CallColumn] {
    use CallColumn as C;
    match group {
        GroupName::Start => &[C::StartedAt],
        GroupName::Parties => &[
            C::Source,
            C::Direction,
            C::FromCountry,
            C::FromNumberType,
            C::FromPresentation,
            C::ToCountry,
            C::ToNumberType,
            C::DidHash,
            C::DidNumber,
            C::AppHash,
            C::AppName,
            C::AppPackage,
            C::ParentCallId,
            C::GroupId,
            C::Trunk,
            C::FromNumber,
            C::FromNumberRaw,
            C::FromName,
            C::ToNumber,
            C::ToNumberRaw,
            C::ForwardedFrom,
            C::CustomerField,
            C::SourceIp,
            C::UserAgent,
        ],
        GroupName::Ringing => &[C::RingingAt],
        GroupName::Answer => &[C::AnsweredAt, C::AnsweredBy],
        GroupName::End => &[C::EndedAt],
        GroupName::Release => {
            &[C::ReleaseCause, C::ReleaseSource, C::SipStatus, C::DialStatusStated, C::ReleaseReason]
        }
        GroupName::Quality => &[C::Codec, C::Mos, C::JitterMs, C::RoundTripMs, C::PacketsLost],
        GroupName::Rating => &[C::RatedAt, C::Currency, C::Debit, C::Credit, C::BilledSeconds, C::CostLabel],
    }
}
