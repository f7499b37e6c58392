//! The call record: what is known of one call now.

pub(super) mod derive;
pub(super) mod fold;
pub(super) mod groups;

use super::{Group, Record, Statement, keep_greater};
use crate::event::call::{CallData, CallEventType};
use crate::event::{EventType, Kind};
use crate::ids::{AccountId, callid_of};
use crate::phone::PhoneBook;
use crate::time::Timestamp;
use groups::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};

/// A record of a call, whole or partial. Grain: one per (account, `call_id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    pub account: AccountId,
    /// The source's own id (the CloudEvents subject).
    pub call_id: Box<str>,
    /// Earliest and latest time of any event about this call.
    pub first_event_at: Timestamp,
    pub last_event_at: Timestamp,
    pub start: Option<Group<Start>>,
    pub parties: Option<Group<Parties>>,
    pub ringing: Option<Group<Ringing>>,
    pub answer: Option<Group<Answer>>,
    pub end: Option<Group<End>>,
    pub release: Option<Group<Release>>,
    pub quality: Option<Group<Quality>>,
    pub rating: Option<Group<Rating>>,
    /// When the personal data of this call was erased. Once set, the personal columns stay empty.
    pub erased_at: Option<Timestamp>,
}

impl CallRecord {
    /// A record that knows only that something happened to the call at `at`.
    #[must_use]
    pub fn empty(account: AccountId, call_id: Box<str>, at: Timestamp) -> Self {
        Self {
            account,
            call_id,
            first_event_at: at,
            last_event_at: at,
            start: None,
            parties: None,
            ringing: None,
            answer: None,
            end: None,
            release: None,
            quality: None,
            rating: None,
            erased_at: None,
        }
    }

    /// The 64-bit id CALLR shows for this call.
    #[must_use]
    pub fn callid(&self) -> i64 {
        callid_of(&self.account, &self.call_id)
    }

    /// Merges what `other` knows of the same call into this record (REC-1). Both must be of the same
    /// account and call; a caller that mixes calls up has a bug, which debug builds report.
    pub fn join(&mut self, mut other: Self) {
        self.join_from(&mut other);
    }

    /// Empties the personal columns of an erased call. They come last in the order of their group, so
    /// clearing before or after a join leaves the same record.
    pub(crate) fn clear_personal_if_erased(&mut self) {
        if self.erased_at.is_some()
            && let Some(parties) = &mut self.parties
        {
            parties.content.clear_personal();
        }
    }
}

impl Record for CallRecord {
    type EventType = CallEventType;
    type Data = CallData;

    fn empty(account: AccountId, id: Box<str>, at: Timestamp) -> Self {
        Self::empty(account, id, at)
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn id(&self) -> &str {
        &self.call_id
    }

    fn is_stated_by(event_type: EventType) -> bool {
        matches!(event_type, EventType::Call(_))
    }

    fn stated(kind: &mut Kind) -> Option<(CallEventType, &mut CallData)> {
        match kind {
            Kind::Call(event_type, data) => Some((*event_type, data)),
            _ => None,
        }
    }

    fn fold(&mut self, statement: Statement<'_, Self>, phones: &mut PhoneBook) {
        fold::fold(self, statement, phones);
    }

    fn join_from(&mut self, other: &mut Self) {
        debug_assert!(self.account == other.account && self.call_id == other.call_id, "join of two calls");
        self.first_event_at = self.first_event_at.min(other.first_event_at);
        self.last_event_at = self.last_event_at.max(other.last_event_at);
        // `None` is less than `Some`, so a group known on one side only is taken from there.
        keep_greater(&mut self.start, &mut other.start);
        keep_greater(&mut self.parties, &mut other.parties);
        keep_greater(&mut self.ringing, &mut other.ringing);
        keep_greater(&mut self.answer, &mut other.answer);
        keep_greater(&mut self.end, &mut other.end);
        keep_greater(&mut self.release, &mut other.release);
        keep_greater(&mut self.quality, &mut other.quality);
        keep_greater(&mut self.rating, &mut other.rating);
        self.erased_at = self.erased_at.max(other.erased_at);
        self.clear_personal_if_erased();
    }
}
