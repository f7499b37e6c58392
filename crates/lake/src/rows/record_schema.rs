//! What the columns of a record are of, so that join, compaction and rebuild need not know the family.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, SchemaRef};
use callhouse_core::Timestamp;
use callhouse_core::record::Stamp;

use super::Cells;
use crate::error::Error;

/// The part of a record that a column comes from, hence how a join finds its value. Groups are numbered by their place in
/// [`RecordSchema::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The same in all rows of a record.
    Identity,
    /// The least value of the rows, an instant.
    Least,
    /// The greatest value of the rows, an instant; null is less than any value.
    Greatest,
    /// Comes with the winner of a group.
    Group(usize),
    /// As `Group`, and emptied in an erased record.
    Personal(usize),
    /// Stated only where it is not the usual one.
    Stamp(usize),
    /// Computed from the joined groups.
    Derived,
}

/// The columns of a group, by index.
///
/// The stamp of a group is mostly the authority of the event type that usually states it with an instant the row shows
/// anyway; then the stamp column is null. In a column of nulls, stamps cost nothing. Whatever is not recoverable that way (a
/// correction, a group without content, a reference instant that is not in the row) is stored. A row is therefore read
/// alone: stored stamps are resolved before rows are joined, and the joined row's stamps are stored anew against its own
/// instants.
#[derive(Debug)]
pub(crate) struct GroupColumns {
    pub(crate) name: &'static str,
    pub(crate) stamp: usize,
    /// The usual authority, and the column whose instant the group is usually stamped with; one of a group.
    pub(crate) authority: u8,
    pub(crate) reference: usize,
    /// The content, in the order of the fields of the group's struct in core, which is the order of comparison.
    pub(crate) content: &'static [usize],
    /// Columns of which one is not null in a row that shows the group.
    pub(crate) shown_by: &'static [usize],
}

impl GroupColumns {
    /// The value of the stamp column: `None` when `stamp` follows from the row. `reference` is the instant in the
    /// reference column, `shown` whether the row shows the group.
    pub(crate) fn stored(&self, stamp: Stamp, reference: Option<Timestamp>, shown: bool) -> Option<i64> {
        let follows = shown && reference.is_some_and(|at| Stamp::new(self.authority, at) == stamp);
        if follows { None } else { Some(stamp.packed()) }
    }

    /// The stamp of the group in a row; `None` when the row does not know the group. The inverse of
    /// [`GroupColumns::stored`].
    pub(crate) fn effective(
        &self,
        stored: Option<i64>,
        reference: Option<Timestamp>,
        shown: bool,
    ) -> Option<Stamp> {
        if let Some(packed) = stored {
            return Some(Stamp::from_packed(packed));
        }
        reference.filter(|_| shown).map(|at| Stamp::new(self.authority, at))
    }
}

/// The place of a word among the variants of its enum; `None` when it is none.
pub(crate) type Rank = fn(&str) -> Option<usize>;

/// Computes the derived columns of some rows, in their order: index of the column and its values.
pub(crate) type Derive = fn(Cells<'_>, &[usize]) -> Result<Vec<(usize, ArrayRef)>, Error>;

/// The columns of a family's records.
#[derive(Debug)]
pub(crate) struct RecordSchema {
    pub(crate) schema: SchemaRef,
    /// By column.
    pub(crate) owners: Vec<Owner>,
    pub(crate) groups: &'static [GroupColumns],
    /// Columns of enums whose variants are not declared in the order of their words.
    pub(crate) ranks: &'static [(usize, Rank)],
    /// When the record was erased; not null in an erased one.
    pub(crate) erased_at: usize,
    /// Not null when nothing more is to be expected than what comes late.
    pub(crate) closed_at: usize,
    pub(crate) last_event_at: usize,
    pub(crate) derive: Derive,
}

impl RecordSchema {
    pub(crate) fn data_type(&self, column: usize) -> &DataType {
        self.schema.field(column).data_type()
    }

    pub(crate) fn column_name(&self, column: usize) -> &str {
        self.schema.field(column).name()
    }

    /// The group that owns a column of content.
    pub(crate) fn group_of(&self, column: usize) -> Option<usize> {
        match self.owners[column] {
            Owner::Group(group) | Owner::Personal(group) => Some(group),
            Owner::Identity | Owner::Least | Owner::Greatest | Owner::Stamp(_) | Owner::Derived => None,
        }
    }

    /// Compares words of an enum's column as the enum does.
    pub(crate) fn compare_words(&self, column: usize, left: Option<&str>, right: Option<&str>) -> Ordering {
        match self.ranks.iter().find(|(ranked, _)| *ranked == column) {
            Some((_, rank)) => left.and_then(rank).cmp(&right.and_then(rank)),
            None => left.cmp(&right),
        }
    }
}

/// A column of some family's enum of columns, or its index.
pub(crate) trait Column: Copy {
    fn index(self) -> usize;
}

impl Column for usize {
    fn index(self) -> usize {
        self
    }
}

/// The types of columns, by the names that lists of columns use.
pub(crate) mod kind {
    use arrow::datatypes::DataType;

    pub(crate) fn text() -> DataType {
        DataType::Utf8
    }
    pub(crate) fn instant() -> DataType {
        crate::rows::instant()
    }
    pub(crate) fn int16() -> DataType {
        DataType::Int16
    }
    pub(crate) fn int32() -> DataType {
        DataType::Int32
    }
    pub(crate) fn int64() -> DataType {
        DataType::Int64
    }
    pub(crate) fn score() -> DataType {
        DataType::Decimal128(5, 3)
    }
    pub(crate) fn money() -> DataType {
        DataType::Decimal128(18, 6)
    }
}

/// The enum of a family's columns, in order: variant, name, type and owner of each.
macro_rules! record_columns {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident $name:literal $kind:ident $owner:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $enum { $($variant),+ }

        impl $enum {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) const fn index(self) -> usize {
                self as usize
            }

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub(crate) fn data_type(self) -> arrow::datatypes::DataType {
                match self { $(Self::$variant => $crate::rows::record_schema::kind::$kind()),+ }
            }

            pub(crate) const fn owner(self) -> $crate::rows::Owner {
                match self { $(Self::$variant => $owner),+ }
            }

            fn schema(required: &[Self]) -> arrow::datatypes::SchemaRef {
                let field = |column: &Self| {
                    let nullable = !required.contains(column);
                    arrow::datatypes::Field::new(column.name(), column.data_type(), nullable)
                };
                let fields = Self::ALL.iter().map(field).collect::<Vec<_>>();
                std::sync::Arc::new(arrow::datatypes::Schema::new(fields))
            }
        }

        impl $crate::rows::Column for $enum {
            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

pub(crate) use record_columns;
