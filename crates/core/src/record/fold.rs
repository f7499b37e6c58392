//! From one event to the partial record it states.
//!
//! Every call event may state any group; its type decides with which authority. The whole table is
//! [`authority`]. Two rules go beyond it:
//!
//! - What an event only stands in for (a `call.answered` without `answered_at` happened at the event's time; a
//!   finished record without `ended_at` ended when it was written) has authority 0, whatever its type.
//! - A call seen ringing, answered or ended must have started: such events conclude a start, which any
//!   stated start replaces ([`Stamp::concluded`]). So every call has a start to be found by.

mod cause;

use crate::event::call::{CallData, CallEventType};
use crate::event::{Event, Kind};
use crate::phone::PhoneBook;
use crate::record::CallRecord;
use crate::record::groups::{Answer, End, Group, Parties, Quality, Rating, Release, Ringing, Stamp, Start};
use crate::time::Timestamp;

/// What the groups of a record are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// Start, ringing, answer and end.
    Instants,
    Parties,
    /// Release and quality.
    Outcome,
    Rating,
}

/// How well informed an event type is of a matter. The greater authority wins whatever the instants say:
///
/// | | instants | parties | outcome | rating |
/// |---|---|---|---|---|
/// | `call.corrected` | 2 | 2 | 2 | 2 |
/// | `call.detail_recorded`: a switch's own record measures instants better than signalling seen elsewhere | 1 | 0 | 0 | 0 |
/// | `call.started`: who called whom through what is known best where the call came in | 0 | 1 | 0 | 0 |
/// | `call.ended`: carries the status and cause of the message that ended the call | 0 | 0 | 1 | 0 |
/// | the others | 0 | 0 | 0 | 0 |
const fn authority(event_type: CallEventType, matter: Matter) -> u8 {
    match (event_type, matter) {
        (CallEventType::Corrected, _) => 2,
        (CallEventType::DetailRecorded, Matter::Instants)
        | (CallEventType::Started, Matter::Parties)
        | (CallEventType::Ended, Matter::Outcome) => 1,
        _ => 0,
    }
}

/// The partial record one event states; `None` for events that are not about calls.
#[must_use]
pub fn fold(event: &Event, phones: &mut PhoneBook) -> Option<CallRecord> {
    let Kind::Call(event_type, data) = &event.kind else { return None };
    let mut record = CallRecord::empty(event.account.clone(), event.subject.clone(), event.time);
    if *event_type == CallEventType::Erased {
        record.erased_at = Some(event.time);
        return Some(record);
    }
    let statement = Statement { event_type: *event_type, time: event.time, data };
    record.start = statement.start();
    record.ringing = statement
        .instant(data.ringing_at, &[CallEventType::Ringing])
        .map(|(stamp, ringing_at)| Group { stamp, content: Ringing { ringing_at } });
    record.answer = statement.answer();
    record.end = statement
        .instant(data.ended_at, &[CallEventType::Ended, CallEventType::DetailRecorded])
        .map(|(stamp, ended_at)| Group { stamp, content: End { ended_at } });
    record.parties = statement.parties(&event.source, phones);
    record.release = statement.release();
    record.quality = statement.quality();
    record.rating = statement.rating();
    Some(record)
}

/// One event's view of its call.
struct Statement<'e> {
    event_type: CallEventType,
    time: Timestamp,
    data: &'e CallData,
}

impl Statement<'_> {
    /// A stated instant, or the event's time where events of this type stand in for one.
    fn instant(&self, stated: Option<Timestamp>, stand_ins: &[CallEventType]) -> Option<(Stamp, Timestamp)> {
        match stated {
            Some(at) if self.event_type == CallEventType::Corrected => {
                Some((self.stamp(Matter::Instants), at))
            }
            Some(at) => Some((Stamp::new(authority(self.event_type, Matter::Instants), at), at)),
            None => stand_ins.contains(&self.event_type).then(|| (Stamp::new(0, self.time), self.time)),
        }
    }

    /// The stamp of a group that has no instant of its own.
    fn stamp(&self, matter: Matter) -> Stamp {
        Stamp::new(authority(self.event_type, matter), self.time)
    }

    fn group<T: Default + PartialEq>(&self, matter: Matter, content: T) -> Option<Group<T>> {
        (content != T::default()).then(|| Group { stamp: self.stamp(matter), content })
    }

    fn start(&self) -> Option<Group<Start>> {
        let stated = self.instant(self.data.started_at, &[CallEventType::Started]);
        let (stamp, started_at) = match (stated, self.event_type) {
            (Some(stated), _) => stated,
            (
                None,
                CallEventType::Ringing
                | CallEventType::Answered
                | CallEventType::Ended
                | CallEventType::DetailRecorded,
            ) => {
                let data = self.data;
                let seen = [data.ringing_at, data.answered_at, data.ended_at].into_iter().flatten();
                let earliest = seen.fold(self.time, Timestamp::min);
                (Stamp::concluded(earliest), earliest)
            }
            (
                None,
                CallEventType::Started
                | CallEventType::Rated
                | CallEventType::Corrected
                | CallEventType::Erased,
            ) => return None,
        };
        Some(Group { stamp, content: Start { started_at } })
    }

    fn answer(&self) -> Option<Group<Answer>> {
        let (stamp, answered_at) = self.instant(self.data.answered_at, &[CallEventType::Answered])?;
        Some(Group { stamp, content: Answer { answered_at, answered_by: self.data.answered_by } })
    }

    fn parties(&self, source: &str, phones: &mut PhoneBook) -> Option<Group<Parties>> {
        let data = self.data;
        let mut parties = Parties {
            direction: data.direction,
            from_presentation: data.from_presentation,
            did_hash: data.did_hash.clone(),
            did_number: data.did_number.as_deref().map(|raw| e164_or_raw(raw, phones)),
            app_hash: data.app_hash.clone(),
            app_name: data.app_name.clone(),
            app_package: data.app_package.clone(),
            parent_call_id: data.parent_call_id.clone(),
            group_id: data.group_id.clone(),
            trunk: data.trunk.clone(),
            from_number_raw: data.from.clone(),
            from_name: data.from_name.clone(),
            to_number_raw: data.to.clone(),
            forwarded_from: data.forwarded_from.as_deref().map(|raw| e164_or_raw(raw, phones)),
            customer_field: data.customer_field.clone(),
            source_ip: data.source_ip.clone(),
            user_agent: data.user_agent.clone(),
            ..Parties::default()
        };
        // A call that started has parties even if none of them is known; other events must say something.
        if self.event_type != CallEventType::Started && parties == Parties::default() {
            return None;
        }
        parties.source = source.into();
        if let Some(from) = &data.from {
            let number = phones.look_up(from);
            parties.from_number = number.e164.clone();
            parties.from_country = number.country.clone();
            parties.from_number_type = number.number_type.map(Into::into);
        }
        if let Some(to) = &data.to {
            let number = phones.look_up(to);
            parties.to_number = number.e164.clone();
            parties.to_country = number.country.clone();
            parties.to_number_type = number.number_type.map(Into::into);
        }
        Some(Group { stamp: self.stamp(Matter::Parties), content: parties })
    }

    fn release(&self) -> Option<Group<Release>> {
        let data = self.data;
        // An answer has a SIP status too, but no cause until the call is released.
        let is_released = self.event_type != CallEventType::Answered;
        let concluded = data.sip_status.filter(|_| is_released).and_then(cause::of_sip_status);
        let release = Release {
            release_cause: data.release_cause.or(concluded),
            release_source: data.release_source,
            sip_status: data.sip_status,
            dial_status: data.dial_status,
            release_reason: data.release_reason.clone(),
        };
        self.group(Matter::Outcome, release)
    }

    fn quality(&self) -> Option<Group<Quality>> {
        let data = self.data;
        let quality = Quality {
            codec: data.codec.clone(),
            mos_milli: data.mos_milli,
            jitter_ms: data.jitter_ms,
            round_trip_ms: data.round_trip_ms,
            packets_lost: data.packets_lost,
        };
        self.group(Matter::Outcome, quality)
    }

    fn rating(&self) -> Option<Group<Rating>> {
        let data = self.data;
        let states_something = data.currency.is_some()
            || data.debit.is_some()
            || data.credit.is_some()
            || data.billed_seconds.is_some()
            || data.cost_label.is_some();
        let rated_at = data.rated_at.unwrap_or(self.time);
        let stamp = match self.event_type {
            CallEventType::Corrected => self.stamp(Matter::Rating),
            CallEventType::Started
            | CallEventType::Ringing
            | CallEventType::Answered
            | CallEventType::Ended
            | CallEventType::Rated
            | CallEventType::DetailRecorded
            | CallEventType::Erased => Stamp::new(authority(self.event_type, Matter::Rating), rated_at),
        };
        states_something.then(|| Group {
            stamp,
            content: Rating {
                rated_at,
                currency: data.currency.clone(),
                debit: data.debit,
                credit: data.credit,
                billed_seconds: data.billed_seconds,
                cost_label: data.cost_label.clone(),
            },
        })
    }
}

fn e164_or_raw(raw: &str, phones: &mut PhoneBook) -> Box<str> {
    phones.look_up(raw).e164.clone().unwrap_or_else(|| raw.into())
}

#[cfg(test)]
mod tests;
