//! What a call costs: billing increments and prices, in whole micros of a euro (MON-1).

use super::call::{Call, Direction};
use super::numbers::{Country, Line};

/// Price of a minute towards one of the account's own numbers.
const INBOUND_MICROS_PER_MINUTE: i64 = 3_500;
/// What an account is paid for a minute on numbers with shared revenue.
const SHARED_MICROS_PER_MINUTE: i64 = 12_345;

/// A rated call. Amounts are micros of a euro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) billed_seconds: i64,
    pub(super) debit: i64,
    pub(super) credit: i64,
    pub(super) cost_label: String,
}

impl Rating {
    /// Rates an answered call that talked so long with a party in `country`.
    pub(super) fn new(call: &Call, country: &Country, line: Line, talk_ms: i64) -> Self {
        let billed_seconds =
            billed_seconds(talk_ms, call.account.minimum_seconds, call.account.increment_seconds);
        match call.direction {
            Direction::Inbound => {
                let shares_revenue = call.did.number.0.is_multiple_of(5);
                let credit =
                    if shares_revenue { amount(SHARED_MICROS_PER_MINUTE, billed_seconds) } else { 0 };
                Self {
                    billed_seconds,
                    debit: amount(INBOUND_MICROS_PER_MINUTE, billed_seconds),
                    credit,
                    cost_label: "Inbound".to_owned(),
                }
            }
            Direction::Outbound => {
                let kind = match line {
                    Line::Fixed => "Fixed",
                    Line::Mobile => "Mobile",
                };
                Self {
                    billed_seconds,
                    debit: amount(country.micros_per_minute(line), billed_seconds),
                    credit: 0,
                    cost_label: format!("{} {kind}", country.name),
                }
            }
        }
    }

    /// The same call at another price: so many per cent of this one.
    pub(super) fn at_percent(&self, percent: i64) -> Self {
        Self { debit: half_up(self.debit * percent, 100), ..self.clone() }
    }
}

/// Nothing for no talk; else at least the minimum, in whole increments above nothing.
fn billed_seconds(talk_ms: i64, minimum_seconds: i64, increment_seconds: i64) -> i64 {
    if talk_ms == 0 {
        return 0;
    }
    let step_ms = increment_seconds * 1_000;
    let increments = (talk_ms + step_ms - 1) / step_ms;
    (increments * increment_seconds).max(minimum_seconds)
}

fn amount(micros_per_minute: i64, billed_seconds: i64) -> i64 {
    half_up(micros_per_minute * billed_seconds, 60)
}

fn half_up(dividend: i64, divisor: i64) -> i64 {
    (2 * dividend + divisor).div_euclid(2 * divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billing_counts_whole_increments_from_a_minimum() {
        for (talk_ms, minimum, increment, billed) in [
            (0, 60, 60, 0),
            (1, 1, 1, 1),
            (1_000, 1, 1, 1),
            (1_001, 1, 1, 2),
            (31_000, 30, 6, 36),
            (61_000, 60, 1, 61),
        ] {
            assert_eq!(
                billed_seconds(talk_ms, minimum, increment),
                billed,
                "{talk_ms} ms at {minimum}/{increment}"
            );
        }
    }

    #[test]
    fn mon_1_amounts_round_half_up_to_the_micro() {
        assert_eq!(amount(9_001, 30), 4_501);
        assert_eq!(half_up(1, 3), 0);
    }
}
