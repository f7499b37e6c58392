//! The figures every analytics object has: count, duration, average length, debit and credit.

use callhouse_core::money::format_cents;

use crate::callr::error::Error;
use crate::callr::fields::Fields;

/// Decimals of a cent in the format `amount_4`.
const AMOUNT_4_DECIMALS: u32 = 4;

/// Sums over some calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    pub(super) count: i64,
    pub(super) answered: i64,
    pub(super) talk_seconds: i64,
    pub(super) debit_micros: i128,
    pub(super) credit_micros: i128,
}

impl Figures {
    /// The figures of every row of a named query's answer.
    pub(super) fn of(fields: &Fields<'_>) -> Result<Vec<Self>, Error> {
        let count = fields.int("calls")?;
        let answered = fields.int("answered_calls")?;
        let talk_seconds = fields.int("talk_seconds")?;
        let debit = fields.amount("debit")?;
        let credit = fields.amount("credit")?;
        let row = |row| Self {
            count: count.or_zero(row),
            answered: answered.or_zero(row),
            talk_seconds: talk_seconds.or_zero(row),
            debit_micros: debit.micros_or_zero(row),
            credit_micros: credit.micros_or_zero(row),
        };
        Ok((0..fields.rows()).map(row).collect())
    }

    /// Average length of an answered call in seconds, rounded half up; 0 when none was answered.
    pub(super) const fn aloc(&self) -> i64 {
        if self.answered <= 0 { 0 } else { (2 * self.talk_seconds + self.answered) / (2 * self.answered) }
    }

    pub(super) fn debit(&self) -> String {
        format_cents(self.debit_micros, AMOUNT_4_DECIMALS)
    }

    pub(super) fn credit(&self) -> String {
        format_cents(self.credit_micros, AMOUNT_4_DECIMALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aloc_is_answered_seconds_per_answered_call_rounded_half_up() {
        let cases = [(0, 0, 0), (10, 4, 3), (9, 4, 2), (10, 3, 3), (11, 3, 4), (7, 0, 0)];
        for (talk_seconds, answered, expected) in cases {
            let figures = Figures { talk_seconds, answered, ..Figures::default() };
            assert_eq!(figures.aloc(), expected, "{talk_seconds} / {answered}");
        }
    }

    #[test]
    fn mon_1_amounts_are_cents_with_four_decimals() {
        let figures = Figures { debit_micros: 8_925, credit_micros: 10_000_000, ..Figures::default() };
        assert_eq!((figures.debit().as_str(), figures.credit().as_str()), ("0.8925", "1000.0000"));
    }
}
