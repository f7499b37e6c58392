//! From one event to what it states of its call.
//!
//! Every call event may state any group; its type decides with which authority. The whole table is
//! [`authority`]. Two rules go beyond it:
//!
//! - What an event only stands in for (a `call.answered` without `answered_at` happened at the event's time; a
//!   finished record without `ended_at` ended when it was written) has authority 0, whatever its type.
//! - A call seen ringing, answered or ended must have started: such events conclude a start, which any
//!   stated start replaces ([`Stamp::concluded`]). So every call has a start to be found by.

mod cause;

use super::groups::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};
use super::{CallRecord, Group, Statement, keep_greater};
use crate::event::call::CallEventType;
use crate::phone::PhoneBook;
use crate::record::Stamp;
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

/// Joins what an event states into the record of its call.
pub(super) fn fold(
    record: &mut CallRecord,
    mut statement: Statement<'_, CallRecord>,
    phones: &mut PhoneBook,
) {
    let Statement { event_type, time, .. } = statement;
    record.first_event_at = record.first_event_at.min(time);
    record.last_event_at = record.last_event_at.max(time);
    if event_type == CallEventType::Erased {
        record.erased_at = record.erased_at.max(Some(time));
    } else {
        keep_greater(&mut record.start, &mut statement.start());
        keep_greater(&mut record.ringing, &mut statement.ringing());
        keep_greater(&mut record.answer, &mut statement.answer());
        keep_greater(&mut record.end, &mut statement.end());
        keep_greater(&mut record.parties, &mut statement.parties(phones));
        keep_greater(&mut record.release, &mut statement.release());
        keep_greater(&mut record.quality, &mut statement.quality());
        keep_greater(&mut record.rating, &mut statement.rating());
    }
    record.clear_personal_if_erased();
}

impl Statement<'_, CallRecord> {
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
                let data = &self.data;
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

    fn ringing(&self) -> Option<Group<Ringing>> {
        let (stamp, ringing_at) = self.instant(self.data.ringing_at, &[CallEventType::Ringing])?;
        Some(Group { stamp, content: Ringing { ringing_at } })
    }

    fn end(&self) -> Option<Group<End>> {
        let stand_ins = [CallEventType::Ended, CallEventType::DetailRecorded];
        let (stamp, ended_at) = self.instant(self.data.ended_at, &stand_ins)?;
        Some(Group { stamp, content: End { ended_at } })
    }

    fn answer(&self) -> Option<Group<Answer>> {
        let (stamp, answered_at) = self.instant(self.data.answered_at, &[CallEventType::Answered])?;
        Some(Group { stamp, content: Answer { answered_at, answered_by: self.data.answered_by } })
    }

    /// Whether the event says anything of who called whom through what.
    fn states_parties(&self) -> bool {
        let data = &self.data;
        let texts = [
            &data.from,
            &data.to,
            &data.did_hash,
            &data.did_number,
            &data.app_hash,
            &data.app_name,
            &data.app_package,
            &data.parent_call_id,
            &data.group_id,
            &data.trunk,
            &data.from_name,
            &data.forwarded_from,
            &data.customer_field,
            &data.source_ip,
            &data.user_agent,
        ];
        data.direction.is_some()
            || data.from_presentation.is_some()
            || texts.into_iter().any(|text| text.is_some())
    }

    fn parties(&mut self, phones: &mut PhoneBook) -> Option<Group<Parties>> {
        // A call that started has parties even if none of them is known; other events must say something.
        if self.event_type != CallEventType::Started && !self.states_parties() {
            return None;
        }
        let stamp = self.stamp(Matter::Parties);
        let data = &mut self.data;
        let mut parties = Parties {
            source: self.source.into(),
            direction: data.direction,
            from_presentation: data.from_presentation,
            did_hash: data.did_hash.take(),
            did_number: data.did_number.take().map(|raw| e164_or_raw(raw, phones)),
            app_hash: data.app_hash.take(),
            app_name: data.app_name.take(),
            app_package: data.app_package.take(),
            parent_call_id: data.parent_call_id.take(),
            group_id: data.group_id.take(),
            trunk: data.trunk.take(),
            from_number_raw: data.from.take(),
            from_name: data.from_name.take(),
            to_number_raw: data.to.take(),
            forwarded_from: data.forwarded_from.take().map(|raw| e164_or_raw(raw, phones)),
            customer_field: data.customer_field.take(),
            source_ip: data.source_ip.take(),
            user_agent: data.user_agent.take(),
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

    fn release(&mut self) -> Option<Group<Release>> {
        let data = &mut self.data;
        // An answer has a SIP status too, but no cause until the call is released.
        let is_released = self.event_type != CallEventType::Answered;
        let concluded = data.sip_status.filter(|_| is_released).and_then(cause::of_sip_status);
        let release = Release {
            release_cause: data.release_cause.or(concluded),
            release_source: data.release_source,
            sip_status: data.sip_status,
            dial_status: data.dial_status,
            release_reason: data.release_reason.take(),
        };
        self.group(Matter::Outcome, release)
    }

    fn quality(&mut self) -> Option<Group<Quality>> {
        let data = &mut self.data;
        let quality = Quality {
            codec: data.codec.take(),
            mos_milli: data.mos_milli,
            jitter_ms: data.jitter_ms,
            round_trip_ms: data.round_trip_ms,
            packets_lost: data.packets_lost,
        };
        self.group(Matter::Outcome, quality)
    }

    fn rating(&mut self) -> Option<Group<Rating>> {
        let data = &self.data;
        let states_something = data.currency.is_some()
            || data.debit.is_some()
            || data.credit.is_some()
            || data.billed_seconds.is_some()
            || data.cost_label.is_some();
        if !states_something {
            return None;
        }
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
        let data = &mut self.data;
        let content = Rating {
            rated_at,
            currency: data.currency.take(),
            debit: data.debit,
            credit: data.credit,
            billed_seconds: data.billed_seconds,
            cost_label: data.cost_label.take(),
        };
        Some(Group { stamp, content })
    }
}

fn e164_or_raw(raw: Box<str>, phones: &mut PhoneBook) -> Box<str> {
    phones.look_up(&raw).e164.clone().unwrap_or(raw)
}

#[cfg(test)]
mod tests;
