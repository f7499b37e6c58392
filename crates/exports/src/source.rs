//! What can be exported: one file each, and a line in [`SOURCES`].

mod calls;
mod sms;

use callhouse_query::{NamedQuery, TableDocument, documented_tables, named_query};

/// A kind of rows that can be exported.
#[derive(Debug)]
pub struct Source {
    /// What requests call it; also the table whose columns its rows have.
    pub name: &'static str,
    /// The named query that finds the rows; its parameters are the filters.
    pub query: &'static str,
    /// The instant that orders the rows of an account. The totals have the first and the last.
    pub time: &'static str,
    /// The text, unique within an account, that orders the rows of one instant.
    pub key: &'static str,
    /// The text column by which the totals are given, too.
    pub group: &'static str,
    /// Columns of whole numbers that are summed.
    pub sums: &'static [&'static str],
    /// Columns of amounts that are summed.
    pub amounts: &'static [&'static str],
}

/// Every source.
pub const SOURCES: &[&Source] = &[&calls::SOURCE, &sms::SOURCE];

/// The source of a name.
#[must_use]
pub fn source(name: &str) -> Option<&'static Source> {
    SOURCES.iter().copied().find(|source| source.name == name)
}

impl Source {
    /// The columns a file may have, in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let is_mine = |table: &&TableDocument| table.name == self.name;
        let table = documented_tables().iter().find(is_mine);
        table.into_iter().flat_map(|table| table.shown().map(|column| column.name.as_str()))
    }

    /// The filters.
    ///
    /// # Panics
    /// When the source names no query there is, which a test rules out.
    #[must_use]
    pub fn named_query(&self) -> &'static NamedQuery {
        named_query(self.query).expect("a source names a query there is")
    }

    /// Columns the totals are made of.
    pub(crate) fn totalled(&self) -> impl Iterator<Item = &'static str> {
        let summed = self.sums.iter().chain(self.amounts).copied();
        [self.time, self.group].into_iter().chain(summed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_source_is_a_table_with_a_query_and_its_columns() {
        for source in SOURCES {
            let columns: BTreeSet<&str> = source.columns().collect();
            assert!(columns.len() > 10, "{}", source.name);
            for column in source.totalled().chain([source.key, "account"]) {
                assert!(columns.contains(column), "{} has no column {column}", source.name);
            }
            assert!(!source.named_query().header.parameters.is_empty());
        }
    }
}
