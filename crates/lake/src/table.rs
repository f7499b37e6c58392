//! The tables of the lake and their Arrow schemas. `schemas/tables/` holds the same truth; a test compares.

use arrow::datatypes::SchemaRef;

use crate::file::attachment::AttachmentBuilder;
use crate::lookup::LookupBuilder;
use crate::sums::SumsBuilder;

/// A table of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Archive: one row per accepted event message, append only.
    CallEvents,
    /// Overlay: whole or partial call rows that may still change. Same columns as `calls`.
    CallsRecent,
    /// Settled: one joined row per call, partitioned by UTC month of start.
    Calls,
    /// Messages that could not become events.
    Rejections,
}

impl Table {
    pub const ALL: [Self; 4] = [Self::CallEvents, Self::CallsRecent, Self::Calls, Self::Rejections];

    /// The SQL name, also the name of the table's folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallEvents => "call_events",
            Self::CallsRecent => "calls_recent",
            Self::Calls => "calls",
            Self::Rejections => "rejections",
        }
    }

    /// Columns in order. Parquet field ids are the DuckLake column ids: 1-based position in this schema.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        crate::rows::schema(self)
    }

    /// Columns files are sorted by, ascending, nulls last.
    #[must_use]
    pub const fn sort_columns(self) -> &'static [&'static str] {
        match self {
            Self::CallEvents => &["account", "subject", "occurred_at"],
            Self::CallsRecent => &["account", "call_id"],
            Self::Calls => &["account", "started_at", "call_id"],
            Self::Rejections => &["received_at"],
        }
    }

    /// The instant column whose UTC month partitions the table's files (DuckLake transforms year, month).
    #[must_use]
    pub const fn month_column(self) -> Option<&'static str> {
        match self {
            Self::Calls => Some("started_at"),
            Self::CallEvents | Self::CallsRecent | Self::Rejections => None,
        }
    }

    /// Text columns whose values hardly repeat within a file. A dictionary of them would be as large as they are, and
    /// no page could be read without it.
    #[must_use]
    pub const fn unrepeated_columns(self) -> &'static [&'static str] {
        match self {
            Self::Calls | Self::CallsRecent => &[
                "call_id",
                "from_number",
                "from_number_raw",
                "to_number",
                "to_number_raw",
                "parent_call_id",
                "group_id",
            ],
            Self::CallEvents => &["subject", "event_id", "data"],
            Self::Rejections => &["payload"],
        }
    }

    /// Columns, never null, of which nobody asks for the least or greatest value.
    #[must_use]
    pub const fn unordered_columns(self) -> &'static [&'static str] {
        match self {
            Self::CallEvents => &["data"],
            Self::Calls | Self::CallsRecent | Self::Rejections => &[],
        }
    }

    /// Columns that get a bloom filter. Those of `calls` are in the file's lookup index.
    #[must_use]
    pub const fn bloom_columns(self) -> &'static [&'static str] {
        match self {
            Self::CallEvents => &["subject"],
            Self::Calls | Self::CallsRecent | Self::Rejections => &[],
        }
    }

    /// Columns whose values the lookup index of a file finds.
    #[must_use]
    pub const fn lookup_columns(self) -> &'static [&'static str] {
        match self {
            Self::Calls => &["call_id", "callid", "from_number", "to_number"],
            Self::CallEvents | Self::CallsRecent | Self::Rejections => &[],
        }
    }

    /// What a file of the table carries beside its rows.
    pub(crate) fn attachments(self) -> Vec<Box<dyn AttachmentBuilder>> {
        match self {
            Self::Calls => vec![Box::<SumsBuilder>::default(), Box::<LookupBuilder>::default()],
            Self::CallEvents | Self::CallsRecent | Self::Rejections => Vec::new(),
        }
    }
}
