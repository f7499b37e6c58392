//! Values bound to the `$name` placeholders of named queries.

use std::collections::BTreeMap;

use callhouse_core::{Money, Timestamp};

/// One value. `Null` switches an optional filter off, whatever the parameter's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    Null,
    Text(String),
    Int(i64),
    Timestamp(Timestamp),
    Bool(bool),
    Money(Money),
}

impl Param {
    /// The text that stands for the value where parameters come as texts; `None` for null.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Timestamp(at) => at.to_rfc3339(),
            Self::Bool(truth) => truth.to_string(),
            Self::Money(amount) => amount.to_string(),
        })
    }
}

/// Values by parameter name, without the `$`. Optional parameters may be left out.
pub type Params = BTreeMap<String, Param>;

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Param {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Timestamp> for Param {
    fn from(at: Timestamp) -> Self {
        Self::Timestamp(at)
    }
}

impl From<Money> for Param {
    fn from(amount: Money) -> Self {
        Self::Money(amount)
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
