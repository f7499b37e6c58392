//! From one event to what it states of its message.
//!
//! As with calls, every event may state any group, and its type decides with which authority ([`authority`]); a type that
//! says that something just happened stands in for an instant that is not stated; an event about a message concludes that
//! it was made ([`Stamp::concluded`]). Only an outcome needs a type that says what it is.
//!
//! **Delivery reports** come late, twice and against each other. Each step of a message is a group of its own, so a
//! report of an earlier step takes nothing back. Of two outcomes the one reported for the later instant counts, whichever
//! came first. An expiry only says that no report had come, so any report counts more, also one of an earlier instant.

use super::groups::{
    Content, Creation, Fate, Outcome, Parties, Queue, QueueStatus, Rating, Segments, Sending,
};
use super::{Group, SmsRecord, Statement, keep_greater};
use crate::event::SmsEventType;
use crate::event::sms::StatedStatus;
use crate::gsm;
use crate::phone::PhoneBook;
use crate::record::Stamp;
use crate::time::Timestamp;

/// What the groups of a record are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// Creation, queue, sending and rating.
    Steps,
    /// Parties and content.
    Message,
    Segments,
    Outcome,
}

/// How well informed an event type is of a matter. The greater authority wins whatever the instants say:
///
/// | | steps | message | segments | outcome |
/// |---|---|---|---|---|
/// | `sms.created`, `sms.received`: where the message came in, all of it is known | 0 | 1 | 0 | 1 |
/// | `sms.rated`: the parts that are billed | 0 | 0 | 1 | |
/// | `sms.expired`: concluded from silence | 0 | 0 | 0 | 0 |
/// | the others | 0 | 0 | 0 | 1 |
const fn authority(event_type: SmsEventType, matter: Matter) -> u8 {
    match (event_type, matter) {
        (SmsEventType::Expired, Matter::Outcome) => 0,
        (_, Matter::Outcome)
        | (SmsEventType::Created | SmsEventType::Received, Matter::Message)
        | (SmsEventType::Rated, Matter::Segments) => 1,
        _ => 0,
    }
}

/// Joins what an event states into the record of its message.
pub(super) fn fold(record: &mut SmsRecord, mut statement: Statement<'_, SmsRecord>, phones: &mut PhoneBook) {
    let Statement { event_type, time, .. } = statement;
    record.first_event_at = record.first_event_at.min(time);
    record.last_event_at = record.last_event_at.max(time);
    if event_type == SmsEventType::Redacted {
        record.redacted_at = record.redacted_at.max(Some(time));
    } else {
        keep_greater(&mut record.creation, &mut statement.creation());
        keep_greater(&mut record.queue, &mut statement.queue());
        keep_greater(&mut record.sending, &mut statement.sending());
        keep_greater(&mut record.outcome, &mut statement.outcome());
        keep_greater(&mut record.parties, &mut statement.parties(phones));
        keep_greater(&mut record.content, &mut statement.content());
        keep_greater(&mut record.segments, &mut statement.segments());
        keep_greater(&mut record.rating, &mut statement.rating());
    }
    record.clear_personal_if_redacted();
}

impl Statement<'_, SmsRecord> {
    fn stamp(&self, matter: Matter, at: Timestamp) -> Stamp {
        Stamp::new(authority(self.event_type, matter), at)
    }

    /// A stated instant, or the event's time where its type is the one that says the same.
    fn instant(&self, stated: Option<Timestamp>, stand_in: SmsEventType) -> Option<Timestamp> {
        stated.or((self.event_type == stand_in).then_some(self.time))
    }

    /// A group without an instant of its own.
    fn group<T: Default + PartialEq>(&self, matter: Matter, content: T) -> Option<Group<T>> {
        (content != T::default()).then(|| Group { stamp: self.stamp(matter, self.time), content })
    }

    fn creation(&self) -> Option<Group<Creation>> {
        let data = &self.data;
        let (stamp, created_at) = match (data.created_at, self.event_type) {
            (Some(at), _) => (self.stamp(Matter::Steps, at), at),
            (None, SmsEventType::Created) => (self.stamp(Matter::Steps, self.time), self.time),
            // Before it came in, an inbound message was not there for the account.
            (None, SmsEventType::Received) => {
                let at = data.finished_at.unwrap_or(self.time);
                (self.stamp(Matter::Steps, at), at)
            }
            (
                None,
                SmsEventType::Queued
                | SmsEventType::Sent
                | SmsEventType::Delivered
                | SmsEventType::Failed
                | SmsEventType::Expired,
            ) => {
                let seen = [data.queued_at, data.sent_at, data.finished_at].into_iter().flatten();
                let earliest = seen.fold(self.time, Timestamp::min);
                (Stamp::concluded(earliest), earliest)
            }
            (None, SmsEventType::Rated | SmsEventType::Redacted) => return None,
        };
        Some(Group { stamp, content: Creation { created_at } })
    }

    fn queue(&self) -> Option<Group<Queue>> {
        let queued_at = self.instant(self.data.queued_at, SmsEventType::Queued)?;
        let is_remote =
            self.event_type == SmsEventType::Queued && self.data.status == Some(StatedStatus::RemoteQueued);
        let status = if is_remote { QueueStatus::RemoteQueued } else { QueueStatus::Pending };
        let stamp = self.stamp(Matter::Steps, queued_at);
        Some(Group { stamp, content: Queue { queued_at, status } })
    }

    fn sending(&self) -> Option<Group<Sending>> {
        let sent_at = self.instant(self.data.sent_at, SmsEventType::Sent)?;
        Some(Group { stamp: self.stamp(Matter::Steps, sent_at), content: Sending { sent_at } })
    }

    fn outcome(&mut self) -> Option<Group<Outcome>> {
        let fate = match self.event_type {
            SmsEventType::Delivered => Fate::Delivered,
            SmsEventType::Failed if self.data.status == Some(StatedStatus::Error) => Fate::Error,
            SmsEventType::Failed => Fate::Failed,
            SmsEventType::Expired => Fate::Expired,
            SmsEventType::Received => Fate::Received,
            SmsEventType::Created
            | SmsEventType::Queued
            | SmsEventType::Sent
            | SmsEventType::Rated
            | SmsEventType::Redacted => return None,
        };
        let finished_at = self.data.finished_at.unwrap_or(self.time);
        let stamp = self.stamp(Matter::Outcome, finished_at);
        let data = &mut self.data;
        let (error_code, status_error) = (data.error_code.take(), data.status_error.take());
        Some(Group { stamp, content: Outcome { finished_at, fate, error_code, status_error } })
    }

    /// Whether the event says anything of who wrote to whom through what.
    fn states_parties(&self) -> bool {
        let data = &self.data;
        let texts = [&data.from, &data.to, &data.user_data, &data.trunk, &data.webhook_endpoint];
        data.direction.is_some() || data.nature.is_some() || texts.into_iter().any(|text| text.is_some())
    }

    fn parties(&mut self, phones: &mut PhoneBook) -> Option<Group<Parties>> {
        // A message that was made has parties even if none of them is known; other events must say something.
        let is_of_message = matches!(self.event_type, SmsEventType::Created | SmsEventType::Received);
        if !is_of_message && !self.states_parties() {
            return None;
        }
        let stamp = self.stamp(Matter::Message, self.time);
        let data = &mut self.data;
        let mut parties = Parties {
            source: self.source.into(),
            direction: data.direction,
            nature: data.nature,
            trunk: data.trunk.take(),
            webhook_endpoint: data.webhook_endpoint.take(),
            from_number_raw: data.from.take(),
            to_number_raw: data.to.take(),
            user_data: data.user_data.take(),
            ..Parties::default()
        };
        if let Some(from) = &parties.from_number_raw {
            [parties.from_number, parties.from_country, parties.from_number_type] =
                phones.look_up(from).texts();
        }
        if let Some(to) = &parties.to_number_raw {
            [parties.to_number, parties.to_country, parties.to_number_type] = phones.look_up(to).texts();
        }
        Some(Group { stamp, content: parties })
    }

    fn content(&mut self) -> Option<Group<Content>> {
        let data = &mut self.data;
        let insisted_on = data.forced_encoding.or(data.encoding);
        let counted = data.text.as_deref().map(|text| match insisted_on {
            Some(encoding) => gsm::count_as(text, encoding),
            None => gsm::count(text),
        });
        let content = Content {
            message_class: data.message_class,
            forced_encoding: data.forced_encoding,
            counted_encoding: counted.map(|counted| counted.encoding),
            counted_parts: counted.map(|counted| i32::try_from(counted.parts).unwrap_or(i32::MAX)),
            text: data.text.take(),
        };
        self.group(Matter::Message, content)
    }

    fn segments(&self) -> Option<Group<Segments>> {
        let is_rated = self.event_type == SmsEventType::Rated;
        let stated_at = self.data.rated_at.filter(|_| is_rated).unwrap_or(self.time);
        let content = Segments { encoding: self.data.encoding, parts: self.data.parts };
        let is_stated = content != Segments::default();
        is_stated.then(|| Group { stamp: self.stamp(Matter::Segments, stated_at), content })
    }

    fn rating(&mut self) -> Option<Group<Rating>> {
        let data = &mut self.data;
        let states_something = data.currency.is_some()
            || data.debit.is_some()
            || data.credit.is_some()
            || data.billing_mode.is_some()
            || data.cost_label.is_some();
        if !states_something {
            return None;
        }
        let rated_at = data.rated_at.unwrap_or(self.time);
        let content = Rating {
            rated_at,
            currency: data.currency.take(),
            debit: data.debit,
            credit: data.credit,
            billing_mode: data.billing_mode,
            cost_label: data.cost_label.take(),
        };
        Some(Group { stamp: self.stamp(Matter::Steps, rated_at), content })
    }
}

#[cfg(test)]
mod tests;
