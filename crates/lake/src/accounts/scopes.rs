//! What credentials are good for: a key for dashboards need not be able to make keys.
//!
//! An access scope says which doors open; *whose* rows are behind them is another matter (TEN-1).

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// One thing credentials may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessScope {
    /// Call records, messages, summaries and named queries.
    Read,
    /// Events in.
    Ingest,
    /// Statements of SQL: `POST /v1/sql`, PostgreSQL wire, Flight SQL.
    Sql,
    /// Exports.
    Export,
    /// Administrative acts on the own account and those below: keys, webhooks, sub accounts, audit log.
    Admin,
}

impl AccessScope {
    pub const ALL: [Self; 5] = [Self::Read, Self::Ingest, Self::Sql, Self::Export, Self::Admin];

    /// The stored and printed word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ingest => "ingest",
            Self::Sql => "sql",
            Self::Export => "export",
            Self::Admin => "admin",
        }
    }

    /// What somebody is told whose credentials lack it.
    #[must_use]
    pub const fn missing(self) -> &'static str {
        match self {
            Self::Read => "these credentials lack the scope read",
            Self::Ingest => "these credentials lack the scope ingest",
            Self::Sql => "these credentials lack the scope sql",
            Self::Export => "these credentials lack the scope export",
            Self::Admin => "these credentials lack the scope admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl FromStr for AccessScope {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|scope| scope.name() == word).ok_or_else(|| Error::Invalid {
            what: format!("there is no scope {word:?}; there are {}", known()),
        })
    }
}

/// A set of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessScopes(u8);

impl AccessScopes {
    pub const NONE: Self = Self(0);
    /// What a login is good for, and an API key of which nothing else was said.
    pub const ALL: Self = Self(0b1_1111);

    #[must_use]
    pub const fn has(self, scope: AccessScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In order of [`AccessScope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = AccessScope> {
        AccessScope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(AccessScope::name).collect()
    }

    /// From the column of a key: none stored is all. A word of a younger callhouse grants nothing here.
    pub(super) fn stored(text: Option<&str>) -> Self {
        text.map_or(Self::ALL, |text| {
            text.split(' ').filter_map(|word| word.parse::<AccessScope>().ok()).collect()
        })
    }
}

impl FromIterator<AccessScope> for AccessScopes {
    fn from_iter<I: IntoIterator<Item = AccessScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for AccessScopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.names().join(" "))
    }
}

impl fmt::Debug for AccessScopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_stored_as_words_and_none_stored_is_all() {
        for bits in 0..=AccessScopes::ALL.0 {
            let scopes = AccessScopes(bits);
            assert_eq!(AccessScopes::stored(Some(&scopes.to_string())), scopes);
        }
        assert_eq!(AccessScopes::stored(None), AccessScopes::ALL);
        assert_eq!(AccessScopes::ALL, AccessScope::ALL.into_iter().collect());
        assert_eq!(AccessScopes::stored(Some("read telepathy")), [AccessScope::Read].into_iter().collect());
    }

    #[test]
    fn a_set_contains_its_parts_only() {
        let few: AccessScopes = [AccessScope::Read, AccessScope::Sql].into_iter().collect();
        assert!(AccessScopes::ALL.contains(few) && !few.contains(AccessScopes::ALL));
        assert!(
            few.contains(AccessScopes::NONE) && few.has(AccessScope::Sql) && !few.has(AccessScope::Admin)
        );
        assert!("Read".parse::<AccessScope>().is_err());
    }
}
