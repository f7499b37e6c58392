//! The `from` and `to` of every analytics method: both seconds included (TIM-1).

use callhouse_core::Timestamp;

use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::params::Params;

/// Half-open range of instants, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::callr) struct Range {
    pub(in crate::callr) from: Timestamp,
    pub(in crate::callr) to: Timestamp,
}

impl Range {
    pub(in crate::callr) fn take(params: &mut Params) -> Result<Self, Error> {
        let from: Timestamp = params.required("from")?;
        let to: Timestamp = params.required("to")?;
        if to < from {
            return Err(Error::ToBeforeFrom);
        }
        Ok(Self { from, to: format::after_second(to) })
    }

    /// Length in microseconds.
    pub(in crate::callr) const fn micros(self) -> i64 {
        self.to.micros_since(self.from)
    }
}
