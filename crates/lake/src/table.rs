//! The tables of the lake. What one is, is said in a file of its own below `table/`; `schemas/tables/` says the same of the
//! columns, and a test compares.

mod calls;
mod events;
mod rejections;
mod sms;
mod webhook_deliveries;

use arrow::datatypes::SchemaRef;

use crate::family::Family;
use crate::file::attachment::AttachmentBuilder;
use crate::lookup::{LookupBuilder, LookupSpec};

/// A table of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Archive: one row per accepted event about a call or of a type this version does not know, append only.
    CallEvents,
    /// Overlay: whole or partial call rows that may still change. Same columns as `calls`.
    CallsRecent,
    /// Settled: one joined row per call, partitioned by UTC month of start.
    Calls,
    /// Messages that could not become events.
    Rejections,
    /// Archive: one row per attempt to deliver a webhook.
    WebhookDeliveries,
    /// Archive: one row per accepted event about a text message.
    SmsEvents,
    /// Overlay: whole or partial rows of text messages that may still change. Same columns as `sms`.
    SmsRecent,
    /// Settled: one joined row per text message, partitioned by UTC month of creation.
    Sms,
}

/// What a table is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Events of one row each, append only. Has the columns of [`crate::rows::Origin`].
    Archive,
    /// Messages that are no events. Has the columns of [`crate::rows::Origin`].
    Rejections,
    /// Whole or partial rows of a family.
    Recent(Family),
    /// The joined rows of a family.
    Settled(Family),
}

/// All that is said of a table.
struct TableSpec {
    name: &'static str,
    role: Role,
    schema: fn() -> SchemaRef,
    sort_columns: &'static [&'static str],
    month_column: Option<&'static str>,
    unrepeated_columns: &'static [&'static str],
    unordered_columns: &'static [&'static str],
    bloom_columns: &'static [&'static str],
    lookup: Option<&'static LookupSpec>,
    attachments: fn() -> Vec<Box<dyn AttachmentBuilder>>,
}

impl TableSpec {
    /// A table of this name, role and order, and nothing special.
    const fn new(
        name: &'static str,
        role: Role,
        schema: fn() -> SchemaRef,
        sort_columns: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            role,
            schema,
            sort_columns,
            month_column: None,
            unrepeated_columns: &[],
            unordered_columns: &[],
            bloom_columns: &[],
            lookup: None,
            attachments: Vec::new,
        }
    }
}

impl Table {
    /// Also the order in which a new catalog numbers them: new ones come last.
    pub const ALL: [Self; 8] = [
        Self::CallEvents,
        Self::CallsRecent,
        Self::Calls,
        Self::Rejections,
        Self::WebhookDeliveries,
        Self::SmsEvents,
        Self::SmsRecent,
        Self::Sms,
    ];

    const fn spec(self) -> &'static TableSpec {
        match self {
            Self::CallEvents => &calls::EVENTS,
            Self::CallsRecent => &calls::RECENT,
            Self::Calls => &calls::SETTLED,
            Self::Rejections => &rejections::REJECTIONS,
            Self::WebhookDeliveries => &webhook_deliveries::DELIVERIES,
            Self::SmsEvents => &sms::EVENTS,
            Self::SmsRecent => &sms::RECENT,
            Self::Sms => &sms::SETTLED,
        }
    }

    /// The SQL name, also the name of the table's folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    #[must_use]
    pub const fn role(self) -> Role {
        self.spec().role
    }

    /// Columns in order. Parquet field ids are the DuckLake column ids: 1-based position in this schema.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        (self.spec().schema)()
    }

    /// Columns files are sorted by, ascending, nulls last.
    #[must_use]
    pub const fn sort_columns(self) -> &'static [&'static str] {
        self.spec().sort_columns
    }

    /// The instant column whose UTC month partitions the table's files (DuckLake transforms year, month).
    #[must_use]
    pub const fn month_column(self) -> Option<&'static str> {
        self.spec().month_column
    }

    /// Text columns whose values hardly repeat within a file. A dictionary of them would be as large as they are, and
    /// no page could be read without it.
    #[must_use]
    pub const fn unrepeated_columns(self) -> &'static [&'static str] {
        self.spec().unrepeated_columns
    }

    /// Columns, never null, of which nobody asks for the least or greatest value.
    #[must_use]
    pub const fn unordered_columns(self) -> &'static [&'static str] {
        self.spec().unordered_columns
    }

    /// Columns that get a bloom filter. Those of settled records are in the file's lookup index instead, which says of
    /// each value in which rows it is, and not only of 131,072 rows whether it may be in one of them.
    #[must_use]
    pub const fn bloom_columns(self) -> &'static [&'static str] {
        self.spec().bloom_columns
    }

    /// What the lookup index of a file finds; `None` when files have no index. Files written before the table had one
    /// have none either.
    #[must_use]
    pub const fn lookup(self) -> Option<&'static LookupSpec> {
        self.spec().lookup
    }

    /// Whether rows are of messages of the log, and say by their offset of which.
    pub(crate) const fn has_offsets(self) -> bool {
        matches!(self.role(), Role::Archive | Role::Rejections)
    }

    /// What a file of the table carries beside its rows.
    pub(crate) fn attachments(self) -> Vec<Box<dyn AttachmentBuilder>> {
        let lookup = self.lookup().map(|spec| Box::new(LookupBuilder::new(spec, &self.schema())) as _);
        (self.spec().attachments)().into_iter().chain(lookup).collect()
    }
}
