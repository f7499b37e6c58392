//! Webhook types: which facts of the log an account can have announced to an endpoint of its own.
//!
//! One file per type: its name, what it announces, and which events fire it. Adding one is that file, a line in
//! [`TRIGGERS`], and in the API the making of its `data`. Names and meanings are CALLR's (docs.callr.com/webhooks).

mod call_inbound_hangup;
mod call_inbound_start;
mod call_outbound_hangup;
mod call_outbound_start;
mod job_status_update;
mod sms_mo;
mod sms_mt_status_update;
#[cfg(test)]
mod tests;

use crate::event::call::Direction;
use crate::ids::{AccountId, long_hash};
use crate::time::Timestamp;

/// A type of webhook.
#[derive(Debug)]
pub struct Trigger {
    /// As it goes over the wire.
    pub name: &'static str,
    /// When it is sent, and what object its `data` is.
    pub description: &'static str,
    /// Whether an event of that CloudEvents type about something of that direction, as far as the event says, may be
    /// what this announces. Where only the record can tell, both directions fire and the wrong one is dropped when its
    /// data is made.
    pub fires: fn(&str, Option<Direction>) -> bool,
    pub once: Once,
}

/// What is announced once, however often and by however many events it is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// For each thing the event is about: a call hangs up once, though switch and carrier both say so.
    ForSubject,
    /// For each event, told by `(source, id)`.
    ForEvent,
}

/// Every type, in order of name.
pub const TRIGGERS: &[Trigger] = &[
    call_inbound_hangup::TRIGGER,
    call_inbound_start::TRIGGER,
    call_outbound_hangup::TRIGGER,
    call_outbound_start::TRIGGER,
    job_status_update::TRIGGER,
    sms_mo::TRIGGER,
    sms_mt_status_update::TRIGGER,
];

/// The type of that name.
#[must_use]
pub fn trigger(name: &str) -> Option<&'static Trigger> {
    TRIGGERS.iter().find(|trigger| trigger.name == name)
}

/// Something to be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub webhook_type: &'static str,
    pub account: AccountId,
    /// What it is about: the source's id of the call.
    pub subject: Box<str>,
    /// Facts of one type and account with equal identities are one fact.
    pub identity: Box<str>,
    pub at: Timestamp,
}

/// What an event says, as far as webhooks ask.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    pub event_type: &'a str,
    pub direction: Option<Direction>,
    pub account: &'a AccountId,
    pub subject: &'a str,
    pub source: &'a str,
    pub id: &'a str,
    pub at: Timestamp,
}

impl Happened<'_> {
    /// The fact this is to a trigger that it fires.
    #[must_use]
    pub fn fact(&self, trigger: &'static Trigger) -> Option<Fact> {
        if !(trigger.fires)(self.event_type, self.direction) {
            return None;
        }
        let identity = match trigger.once {
            Once::ForSubject => long_hash(&[self.subject]),
            Once::ForEvent => long_hash(&[self.subject, self.source, self.id]),
        };
        Some(Fact {
            webhook_type: trigger.name,
            account: self.account.clone(),
            subject: self.subject.into(),
            identity: identity.into(),
            at: self.at,
        })
    }
}

/// The id of a webhook event: the same for the same fact to the same hook, whenever and wherever it is computed.
#[must_use]
pub fn event_id(hook: &str, webhook_type: &str, account: &AccountId, identity: &str) -> String {
    long_hash(&["webhook", hook, webhook_type, account.as_str(), identity])
}
