//! Records: what is known of one thing now, and `join`, the one function that merges two partial records of the same
//! thing (REC-1).
//!
//! A record is made of groups. Each group carries a [`Stamp`] (authority, then instant); join takes, per
//! group, the greater pair of stamp and content. That is the maximum of a total order, so join is
//! commutative, associative and idempotent by construction.
//!
//! There is a record for each family of events that are joined, in a file of its own (`record/call.rs`, `record/sms.rs`).

mod call;
pub mod sms;
mod spans;
mod stamp;

use std::fmt;

pub use call::CallRecord;
pub use call::derive::{Derived, Status, derive};
pub use call::groups::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};
pub use sms::SmsRecord;
pub use stamp::{Group, Stamp};

use crate::event::{Event, EventType, Kind};
use crate::ids::AccountId;
use crate::phone::PhoneBook;
use crate::time::Timestamp;

/// A record, whole or partial. Grain: one per (account, id), the id being the source's own, the CloudEvents subject.
pub trait Record: Clone + Eq + fmt::Debug + Send + Sync + 'static {
    /// The types of the events it is made of.
    type EventType: Copy + fmt::Debug;
    /// What these events state.
    type Data: fmt::Debug;

    /// A record that knows only that something happened at `at`.
    fn empty(account: AccountId, id: Box<str>, at: Timestamp) -> Self;

    fn account(&self) -> &AccountId;

    fn id(&self) -> &str;

    /// Whether events of this type state something of such a record.
    fn is_stated_by(event_type: EventType) -> bool;

    /// What an event of this family states; `None` of any other.
    fn stated(kind: &mut Kind) -> Option<(Self::EventType, &mut Self::Data)>;

    /// Joins what an event states into the record: the same as joining its partial record, without making one.
    fn fold(&mut self, statement: Statement<'_, Self>, phones: &mut PhoneBook);

    /// Merges what `other` knows of the same thing into this record (REC-1); leaves in it what it had and lost. Both must
    /// be of the same account and id; a caller that mixes records up has a bug, which debug builds report.
    fn join_from(&mut self, other: &mut Self);
}

/// What one event states. Text goes over from the data into the record, so it can be folded once.
#[derive(Debug)]
pub struct Statement<'a, R: Record> {
    pub event_type: R::EventType,
    pub time: Timestamp,
    pub source: &'a str,
    pub data: &'a mut R::Data,
}

/// The partial record one event states; `None` for events of another family.
#[must_use]
pub fn fold<R: Record>(event: &Event, phones: &mut PhoneBook) -> Option<R> {
    let mut kind = event.kind.clone();
    R::stated(&mut kind)?;
    let mut record = R::empty(event.account.clone(), event.subject.clone(), event.time);
    fold_into(&mut record, Event { kind, ..event.clone() }, phones);
    Some(record)
}

/// Joins what an event states into its record. An event of another family states nothing.
pub fn fold_into<R: Record>(record: &mut R, mut event: Event, phones: &mut PhoneBook) {
    let Some((event_type, data)) = R::stated(&mut event.kind) else { return };
    debug_assert!(
        *record.account() == event.account && *record.id() == *event.subject,
        "fold of two records"
    );
    record.fold(Statement { event_type, time: event.time, source: &event.source, data }, phones);
}

fn keep_greater<T: Ord>(kept: &mut Option<T>, other: &mut Option<T>) {
    if *other > *kept {
        std::mem::swap(kept, other);
    }
}
