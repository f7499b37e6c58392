//! The figures every analytics object of messages has: count, parts, debit and credit.

use callhouse_core::money::format_cents;
use serde::Serialize;

use crate::callr::error::Error;
use crate::callr::fields::Fields;

/// Decimals of a cent in the format `amount_4`.
const AMOUNT_4_DECIMALS: u32 = 4;

/// CALLR's `Analytics.SMS.Summary.OUT` and, with a date, `Analytics.SMS.History.OUT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Figures {
    count: i64,
    credit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    debit: String,
    parts: i64,
}

impl Figures {
    /// Those of no messages.
    pub(super) fn none() -> Self {
        let nothing = || format_cents(0, AMOUNT_4_DECIMALS);
        Self { count: 0, credit: nothing(), date: None, debit: nothing(), parts: 0 }
    }

    /// The figures of every row of a named query's answer.
    pub(super) fn of(fields: &Fields<'_>) -> Result<Vec<Self>, Error> {
        let (messages, parts) = (fields.int("messages")?, fields.int("parts")?);
        let (debit, credit) = (fields.amount("debit")?, fields.amount("credit")?);
        let row = |row| Self {
            count: messages.or_zero(row),
            credit: format_cents(credit.micros_or_zero(row), AMOUNT_4_DECIMALS),
            date: None,
            debit: format_cents(debit.micros_or_zero(row), AMOUNT_4_DECIMALS),
            parts: parts.or_zero(row),
        };
        Ok((0..fields.rows()).map(row).collect())
    }

    /// As an item of a history.
    pub(super) fn at(self, date: Option<String>) -> Self {
        Self { date, ..self }
    }
}
