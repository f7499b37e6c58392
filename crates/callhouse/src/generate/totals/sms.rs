//! Control totals of text messages, counted from the messages themselves.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::generate::call::Direction;
use crate::generate::json::decimal;
use crate::generate::sms::{End, Sms};

/// By account and direction.
#[derive(Debug, Default)]
pub(in crate::generate) struct SmsTotals(BTreeMap<(String, Direction), Group>);

#[derive(Debug, Default)]
struct Group {
    messages: u64,
    parts: i64,
    received: u64,
    failed: u64,
    expired: u64,
    debit: i128,
}

/// Totals of one account and direction. Amounts are euros with six decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SmsGroupReport {
    pub(crate) account: String,
    pub(crate) direction: &'static str,
    pub(crate) messages: u64,
    pub(crate) parts: i64,
    /// Delivered, or come in.
    pub(crate) received: u64,
    /// Not delivered, or not even sent.
    pub(crate) failed: u64,
    pub(crate) expired: u64,
    pub(crate) debit: String,
}

impl SmsTotals {
    pub(in crate::generate) fn count(&mut self, sms: &Sms<'_>) {
        let group = self.0.entry((sms.account.name.clone(), sms.direction)).or_default();
        group.messages += 1;
        group.parts += sms.text.parts();
        match sms.end {
            End::Delivered | End::Received => group.received += 1,
            End::Failed | End::Unsendable => group.failed += 1,
            End::Expired => group.expired += 1,
            End::Silence => {}
        }
        group.debit += i128::from(sms.debit.unwrap_or(0));
    }

    pub(in crate::generate) fn report(&self) -> Vec<SmsGroupReport> {
        let of = |((account, direction), group): (&(String, Direction), &Group)| SmsGroupReport {
            account: account.clone(),
            direction: direction.as_str(),
            messages: group.messages,
            parts: group.parts,
            received: group.received,
            failed: group.failed,
            expired: group.expired,
            debit: decimal(group.debit),
        };
        self.0.iter().map(of).collect()
    }
}
