//! The families of records: events of one kind of thing, joined into one row for each.
//!
//! Every family has three tables of the same shape: the archive of its events, the overlay of whole or partial rows that may
//! still change, and the settled rows. Join, overlay, compaction, rebuild and verifying work on any of them by what
//! `rows` says of its columns. The first two columns of a record are its key: account and the source's own id.

use callhouse_core::record::CallRecord;
use callhouse_core::{Record, SmsRecord};

use crate::error::Error;
use crate::rows::{RecordSchema, calls, sms};
use crate::table::Table;

use arrow::array::RecordBatch;

/// A family of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Calls,
    Sms,
}

impl Family {
    pub const COUNT: usize = 2;
    /// In the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [Self::Calls, Self::Sms];

    /// Every accepted event of the family, append only.
    #[must_use]
    pub const fn archive(self) -> Table {
        match self {
            Self::Calls => Table::CallEvents,
            Self::Sms => Table::SmsEvents,
        }
    }

    /// Whole or partial rows that may still change.
    #[must_use]
    pub const fn recent(self) -> Table {
        match self {
            Self::Calls => Table::CallsRecent,
            Self::Sms => Table::SmsRecent,
        }
    }

    /// One joined row for each thing.
    #[must_use]
    pub const fn settled(self) -> Table {
        match self {
            Self::Calls => Table::Calls,
            Self::Sms => Table::Sms,
        }
    }

    /// The column of the instant a record began, by which its settled files are cut into months.
    ///
    /// # Panics
    /// Never: the settled files of every family are.
    #[must_use]
    pub const fn began(self) -> &'static str {
        self.settled().month_column().expect("settled files are cut into months")
    }

    /// The columns of `recent` and `settled`, and what they are of.
    pub(crate) fn rows(self) -> &'static RecordSchema {
        match self {
            Self::Calls => &calls::ROWS,
            Self::Sms => &sms::ROWS,
        }
    }

    /// For whoever keeps something of every family.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// A record as rows of its family's tables.
pub trait StoredRecord: Record {
    const FAMILY: Family;

    /// Rows with all columns, derived ones included, in the order given.
    ///
    /// # Errors
    /// [`Error::Arrow`] when Arrow refuses the columns.
    fn encode(records: &[&Self]) -> Result<RecordBatch, Error>;

    /// The inverse of [`StoredRecord::encode`], derived columns ignored.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a batch that is not of this schema, or whose values no record can have.
    fn decode(rows: &RecordBatch) -> Result<Vec<Self>, Error>;
}

impl StoredRecord for CallRecord {
    const FAMILY: Family = Family::Calls;

    fn encode(records: &[&Self]) -> Result<RecordBatch, Error> {
        calls::encode_calls(records)
    }

    fn decode(rows: &RecordBatch) -> Result<Vec<Self>, Error> {
        calls::decode_calls(rows)
    }
}

impl StoredRecord for SmsRecord {
    const FAMILY: Family = Family::Sms;

    fn encode(records: &[&Self]) -> Result<RecordBatch, Error> {
        sms::encode_sms(records)
    }

    fn decode(rows: &RecordBatch) -> Result<Vec<Self>, Error> {
        sms::decode_sms(rows)
    }
}
