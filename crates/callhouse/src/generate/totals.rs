//! Control totals: what a warehouse that took everything in must answer, counted from the calls themselves and
//! not by any code that reads events.

mod deliveries;
mod sms;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::call::{Call, Direction};
use super::deliveries::Delivery;
use super::faults::Fate;
use super::json::decimal;
use super::message::Kind;
use super::numbers::Number;
use super::sms::Sms;
use deliveries::DeliveryTotals;
use sms::SmsTotals;

pub(crate) use deliveries::DeliveryGroupReport;
pub(crate) use sms::SmsGroupReport;

/// Totals of a set, growing while it is made; whole when its last message has been taken.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    messages: u64,
    duplicates: u64,
    malformed: u64,
    open_calls: u64,
    corrections: u64,
    groups: BTreeMap<(String, Direction), Group>,
    sms: SmsTotals,
    deliveries: DeliveryTotals,
}

#[derive(Debug, Default)]
struct Group {
    calls: u64,
    answered: u64,
    talk_seconds: i64,
    billed_seconds: i64,
    debit: i128,
    credit: i128,
    callers: HashSet<Number>,
}

/// The totals as they are written and printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) calls: u64,
    /// Text messages.
    pub(crate) sms: u64,
    /// Attempts of webhook deliveries.
    pub(crate) attempts: u64,
    /// Messages of the log, of every kind; the three below are among them.
    pub(crate) messages: u64,
    /// Messages that are an event, the duplicates included.
    pub(crate) events: u64,
    pub(crate) duplicates: u64,
    pub(crate) malformed: u64,
    /// Calls whose end is never told.
    pub(crate) open_calls: u64,
    pub(crate) corrections: u64,
    pub(crate) groups: Vec<GroupReport>,
    pub(crate) sms_groups: Vec<SmsGroupReport>,
    pub(crate) delivery_groups: Vec<DeliveryGroupReport>,
}

/// Totals of one account and direction. Amounts are euros with six decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GroupReport {
    pub(crate) account: String,
    pub(crate) direction: &'static str,
    pub(crate) calls: u64,
    pub(crate) answered: u64,
    /// Sum of each call's talk time in seconds, rounded half up call by call.
    pub(crate) talk_seconds: i64,
    pub(crate) billed_seconds: i64,
    pub(crate) debit: String,
    pub(crate) credit: String,
    /// Distinct calling numbers; withheld ones count for nobody.
    pub(crate) unique_callers: u64,
}

impl Totals {
    pub(super) fn count_call(&mut self, call: &Call, fate: &Fate) {
        let group = self.groups.entry((call.account.name.clone(), call.direction)).or_default();
        group.calls += 1;
        group.answered += u64::from(call.answered_at.is_some());
        if let (Some(answered_at), Some(ended_at)) = (call.answered_at, call.ended_at) {
            group.talk_seconds += (ended_at - answered_at + 500) / 1_000;
        }
        let rating = fate.correction.as_ref().map(|correction| &correction.rating).or(call.rating.as_ref());
        if let Some(rating) = rating {
            group.billed_seconds += rating.billed_seconds;
            group.debit += i128::from(rating.debit);
            group.credit += i128::from(rating.credit);
        }
        group.callers.extend(call.from);
        self.open_calls += u64::from(fate.is_open);
        self.corrections += u64::from(fate.correction.is_some());
    }

    pub(super) fn count_sms(&mut self, sms: &Sms<'_>) {
        self.sms.count(sms);
    }

    pub(super) fn count_delivery(&mut self, delivery: &Delivery<'_>) {
        self.deliveries.count(delivery);
    }

    /// Takes in what was counted of other calls, which are made without anything else.
    pub(super) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.duplicates += other.duplicates;
        self.malformed += other.malformed;
        self.open_calls += other.open_calls;
        self.corrections += other.corrections;
        for (of, counted) in other.groups {
            let group = self.groups.entry(of).or_default();
            group.calls += counted.calls;
            group.answered += counted.answered;
            group.talk_seconds += counted.talk_seconds;
            group.billed_seconds += counted.billed_seconds;
            group.debit += counted.debit;
            group.credit += counted.credit;
            group.callers.extend(counted.callers);
        }
    }

    pub(super) fn count_message(&mut self, kind: Kind) {
        self.messages += 1;
        match kind {
            Kind::Event => {}
            Kind::Duplicate => self.duplicates += 1,
            Kind::Malformed => self.malformed += 1,
        }
    }

    /// The totals so far.
    #[must_use]
    pub(crate) fn report(&self, seed: u64) -> Report {
        let groups: Vec<GroupReport> = self
            .groups
            .iter()
            .map(|((account, direction), group)| GroupReport {
                account: account.clone(),
                direction: direction.as_str(),
                calls: group.calls,
                answered: group.answered,
                talk_seconds: group.talk_seconds,
                billed_seconds: group.billed_seconds,
                debit: decimal(group.debit),
                credit: decimal(group.credit),
                unique_callers: u64::try_from(group.callers.len()).unwrap_or(u64::MAX),
            })
            .collect();
        let (sms_groups, delivery_groups) = (self.sms.report(), self.deliveries.report());
        Report {
            seed,
            calls: groups.iter().map(|group| group.calls).sum(),
            sms: sms_groups.iter().map(|group| group.messages).sum(),
            attempts: delivery_groups.iter().map(|group| group.attempts).sum(),
            messages: self.messages,
            events: self.messages - self.malformed,
            duplicates: self.duplicates,
            malformed: self.malformed,
            open_calls: self.open_calls,
            corrections: self.corrections,
            groups,
            sms_groups,
            delivery_groups,
        }
    }
}
