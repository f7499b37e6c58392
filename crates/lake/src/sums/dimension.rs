//! What the records of a family are summed by, and what is summed of them.

use super::{Bucket, calls, sms};
use crate::family::Family;

/// Most dimensions of a family: the directory of a file's sums has room for so many.
pub(super) const MOST_DIMENSIONS: usize = 7;
/// Most values of a dimension.
pub(super) const MOST_VALUES: usize = 3;
/// Most counts, and most amounts, of a sum.
pub(super) const MOST_COUNTS: usize = 3;
pub(super) const MOST_AMOUNTS: usize = 2;

/// How a family is summed. Each has a file of its own that says so.
#[derive(Debug)]
pub struct FamilySums {
    /// What SQL calls the function that reads the sums.
    pub function: &'static str,
    /// The first is the number of records.
    pub(super) counts: &'static [Count],
    /// Columns of money, summed by their own names.
    pub(super) amounts: &'static [&'static str],
    /// In the order in which files store them.
    pub dimensions: &'static [&'static Dimension],
}

/// A whole number that is summed.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) name: &'static str,
    pub(super) of: Counted,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    /// Records.
    Records,
    /// Records in which a column is not null.
    Present(&'static str),
    /// A column of whole numbers; null is 0.
    Sum(&'static str),
}

/// A way to sum the records of an account: by direction, bucket of time and some values.
#[derive(Debug)]
pub struct Dimension {
    pub(super) family: Family,
    pub(super) name: &'static str,
    /// Hours for totals, of which the histories of most time zones are made; longer ones where there are many values.
    pub(super) bucket: Bucket,
    /// The only direction summed, or `None` for both.
    pub(super) direction: Option<&'static str>,
    pub(super) values: &'static [Value],
    /// How many of the first values must not all be null for a record to be summed.
    pub(super) required_values: usize,
    /// Whether nothing but the number of records is known of a sum.
    pub(super) is_only_counted: bool,
}

/// What a sum has in common beside direction and time.
#[derive(Debug)]
pub(super) enum Value {
    Column(&'static str),
    /// The calling number: the E.164 one, else what the source wrote unless that says that the number is withheld.
    Caller,
}

impl Family {
    /// How the family is summed.
    #[must_use]
    pub const fn sums(self) -> &'static FamilySums {
        match self {
            Self::Calls => &calls::SUMS,
            Self::Sms => &sms::SUMS,
        }
    }
}

impl FamilySums {
    /// The dimension that SQL calls by a name.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<&'static Dimension> {
        self.dimensions.iter().copied().find(|dimension| dimension.name == name)
    }
}

impl Dimension {
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// What SQL calls it; no two of a family have the same name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        self.bucket
    }

    #[must_use]
    pub const fn direction(&self) -> Option<&'static str> {
        self.direction
    }

    /// Its place among those of the family.
    pub(super) fn index(&self) -> usize {
        let all = self.family.sums().dimensions;
        all.iter().position(|other| other.name == self.name).expect("a dimension is listed by its family")
    }

    /// The whole numbers of a sum.
    pub(super) fn counts(&self) -> &'static [Count] {
        let all = self.family.sums().counts;
        if self.is_only_counted { &all[..1] } else { all }
    }

    /// The columns of money of a sum.
    pub(super) const fn amounts(&self) -> &'static [&'static str] {
        if self.is_only_counted { &[] } else { self.family.sums().amounts }
    }
}

impl Value {
    /// What SQL calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Column(column) => column,
            Self::Caller => "caller",
        }
    }

    /// The columns it is made of.
    pub(super) const fn columns(&self) -> &[&'static str] {
        match self {
            Self::Column(column) => std::slice::from_ref(column),
            Self::Caller => &["from_number", "from_number_raw"],
        }
    }
}
