//! Control totals of webhook deliveries, counted from the deliveries themselves.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::generate::deliveries::Delivery;

/// By account.
#[derive(Debug, Default)]
pub(in crate::generate) struct DeliveryTotals(BTreeMap<String, Group>);

#[derive(Debug, Default)]
struct Group {
    deliveries: u64,
    taken: u64,
    attempts: u64,
    duration_ms: i64,
}

/// Totals of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DeliveryGroupReport {
    pub(crate) account: String,
    pub(crate) deliveries: u64,
    /// Deliveries that got there in the end.
    pub(crate) taken: u64,
    pub(crate) attempts: u64,
    /// Of all attempts together.
    pub(crate) duration_ms: i64,
}

impl DeliveryTotals {
    pub(in crate::generate) fn count(&mut self, delivery: &Delivery<'_>) {
        let group = self.0.entry(delivery.account.name.clone()).or_default();
        group.deliveries += 1;
        group.taken += u64::from(delivery.is_taken());
        group.attempts += u64::try_from(delivery.attempts.len()).unwrap_or(u64::MAX);
        group.duration_ms += delivery.attempts.iter().map(|attempt| attempt.duration_ms).sum::<i64>();
    }

    pub(in crate::generate) fn report(&self) -> Vec<DeliveryGroupReport> {
        let of = |(account, group): (&String, &Group)| DeliveryGroupReport {
            account: account.clone(),
            deliveries: group.deliveries,
            taken: group.taken,
            attempts: group.attempts,
            duration_ms: group.duration_ms,
        };
        self.0.iter().map(of).collect()
    }
}
