//! Typed access to single cells of a batch of records, and what of a group's stamp and presence they say.

use std::cmp::Ordering;

use arrow::array::{
    Array, Decimal128Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;
use callhouse_core::record::{Group, Stamp};
use callhouse_core::{AccountId, Money, Timestamp};

use super::{Column, RecordSchema, check_schema, typed};
use crate::error::Error;
use crate::family::Family;

/// A batch of records of a family whose types were checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a> {
    batch: &'a RecordBatch,
    rows: &'static RecordSchema,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(family: Family, batch: &'a RecordBatch) -> Result<Self, Error> {
        check_schema(batch, family.settled())?;
        Ok(Self { batch, rows: family.rows() })
    }

    /// Of a batch that [`check_schema`] has seen.
    pub(crate) fn of_checked(family: Family, batch: &'a RecordBatch) -> Self {
        Self { batch, rows: family.rows() }
    }

    pub(crate) fn text(self, column: impl Column, row: usize) -> Option<&'a str> {
        let array: &StringArray = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn instant(self, column: impl Column, row: usize) -> Option<Timestamp> {
        let array: &TimestampMicrosecondArray = typed(self.batch, column.index());
        array.is_valid(row).then(|| Timestamp(array.value(row)))
    }

    pub(crate) fn int64(self, column: impl Column, row: usize) -> Option<i64> {
        let array: &Int64Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn int32(self, column: impl Column, row: usize) -> Option<i32> {
        let array: &Int32Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn int16(self, column: impl Column, row: usize) -> Option<i16> {
        let array: &Int16Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    pub(crate) fn decimal(self, column: impl Column, row: usize) -> Option<i128> {
        let array: &Decimal128Array = typed(self.batch, column.index());
        array.is_valid(row).then(|| array.value(row))
    }

    /// An amount; the outer `None` when it is beyond what amounts can be.
    pub(crate) fn amount(self, column: impl Column, row: usize) -> Option<Option<Money>> {
        let Some(micros) = self.decimal(column, row) else { return Some(None) };
        i64::try_from(micros).ok().and_then(Money::from_micros).map(Some)
    }

    /// Account and id of a row.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the account is none.
    pub(crate) fn key(self, row: usize) -> Result<(AccountId, Box<str>), Error> {
        let account = self.text(0_usize, row).unwrap_or_default();
        let account = AccountId::new(account).map_err(|reason| Error::Invalid {
            what: format!("account {account:?} in row {row}: {reason}"),
        })?;
        Ok((account, self.text(1_usize, row).unwrap_or_default().into()))
    }

    /// An instant that every row has.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is null.
    pub(crate) fn required_instant(self, column: impl Column, row: usize) -> Result<Timestamp, Error> {
        let name = self.rows.column_name(column.index());
        self.instant(column, row)
            .ok_or_else(|| Error::Invalid { what: format!("{name} is null in row {row}") })
    }

    /// A group the row knows, with its stamp. A stamp whose group cannot be read is a broken row.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a broken row.
    pub(crate) fn group<T>(
        self,
        group: usize,
        row: usize,
        content: impl FnOnce() -> Option<T>,
    ) -> Result<Option<Group<T>>, Error> {
        let Some(stamp) = self.stamp(group, row) else { return Ok(None) };
        match content() {
            Some(content) => Ok(Some(Group { stamp, content })),
            None => {
                let name = self.rows.groups[group].name;
                Err(Error::Invalid { what: format!("{name} of row {row} has a stamp and no content") })
            }
        }
    }

    /// Whether the row shows the group.
    pub(crate) fn shows(self, group: usize, row: usize) -> bool {
        let columns = self.rows.groups[group].shown_by;
        columns.iter().any(|column| self.batch.column(*column).is_valid(row))
    }

    /// The stamp of a group, `None` when the row does not know the group.
    pub(crate) fn stamp(self, group: usize, row: usize) -> Option<Stamp> {
        let columns = &self.rows.groups[group];
        let stored = self.int64(columns.stamp, row);
        let shown = stored.is_some() || self.shows(group, row);
        columns.effective(stored, self.instant(columns.reference, row), shown)
    }

    /// Compares the content of a group in two rows as `Ord` of the group's struct in core does: field by field in
    /// the order of declaration, absent before present.
    pub(crate) fn compare_content(self, group: usize, left: usize, right: usize) -> Ordering {
        let compare = |column: &usize| self.compare_cell(*column, left, right);
        let columns = self.rows.groups[group].content;
        columns.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn compare_cell(self, column: usize, left: usize, right: usize) -> Ordering {
        match self.rows.data_type(column) {
            DataType::Utf8 => {
                self.rows.compare_words(column, self.text(column, left), self.text(column, right))
            }
            DataType::Int64 => self.int64(column, left).cmp(&self.int64(column, right)),
            DataType::Int32 => self.int32(column, left).cmp(&self.int32(column, right)),
            DataType::Int16 => self.int16(column, left).cmp(&self.int16(column, right)),
            DataType::Decimal128(..) => self.decimal(column, left).cmp(&self.decimal(column, right)),
            _ => self.instant(column, left).cmp(&self.instant(column, right)),
        }
    }
}
