//! Values computed from a joined record: no clock, no state, the same for the writer and the rebuild.

use super::CallRecord;
use crate::event::call::DialStatus;
use crate::record::spans::{between, rounded_ms};
use crate::time::MICROS_PER_SECOND;

/// Where a call stands, in the words of the SignalWire/Twilio Call resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Canceled,
    Failed,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }
}

/// What follows from the groups of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub status: Status,
    /// Stated, or concluded from status and cause.
    pub dial_status: Option<DialStatus>,
    /// Start to end; `None` while open.
    pub duration_ms: Option<i64>,
    /// Answer to end; 0 when the call ended unanswered, `None` while open.
    pub talk_ms: Option<i64>,
    /// The two above in seconds, rounded half up.
    pub duration_seconds: Option<i64>,
    pub talk_seconds: Option<i64>,
    /// Ringing to answer, or to the end when nobody answered.
    pub ringing_ms: Option<i64>,
    /// Start to ringing, or to the answer when no ringing was seen (ITU-T E.721 post-selection delay).
    pub post_dial_delay_ms: Option<i64>,
}

/// Computes the derived values of a record.
///
/// A call has ended when some event says so; it counts as answered when an answer is known, whatever its cause
/// says. Instants of different clocks may contradict each other: a duration is never less than 0.
#[must_use]
pub fn derive(record: &CallRecord) -> Derived {
    let start = record.start.as_ref();
    let started_at = start.map(|group| group.content.started_at);
    let ringing_at = record.ringing.as_ref().map(|group| group.content.ringing_at);
    let answered_at = record.answer.as_ref().map(|group| group.content.answered_at);
    let ended_at = record.end.as_ref().map(|group| group.content.ended_at);

    let duration = between(started_at, ended_at);
    let talk = match answered_at {
        Some(_) => between(answered_at, ended_at),
        None => ended_at.map(|_| 0),
    };
    // A concluded start is the first thing seen of the call, so nothing is known of the time before it.
    let stated_start_at = start.filter(|group| !group.stamp.is_concluded()).and(started_at);
    let dial_status = dial_status(record);
    Derived {
        status: status(record, dial_status),
        dial_status,
        duration_ms: duration.map(rounded_ms),
        talk_ms: talk.map(rounded_ms),
        duration_seconds: duration.map(rounded_seconds),
        talk_seconds: talk.map(rounded_seconds),
        ringing_ms: between(ringing_at, answered_at.or(ended_at)).map(rounded_ms),
        post_dial_delay_ms: between(stated_start_at, ringing_at.or(answered_at)).map(rounded_ms),
    }
}

fn status(record: &CallRecord, dial_status: Option<DialStatus>) -> Status {
    if record.end.is_none() {
        return match (&record.answer, &record.ringing) {
            (Some(_), _) => Status::InProgress,
            (None, Some(_)) => Status::Ringing,
            (None, None) => Status::Queued,
        };
    }
    if record.answer.is_some() {
        return Status::Completed;
    }
    match dial_status {
        Some(DialStatus::Answer) => Status::Completed,
        Some(DialStatus::Busy) => Status::Busy,
        Some(DialStatus::Cancel) => Status::Canceled,
        Some(DialStatus::NoAnswer) | None => Status::NoAnswer,
        Some(DialStatus::ChannelUnavailable | DialStatus::Congestion | DialStatus::NoDial) => Status::Failed,
    }
}

/// The stated dial status, else the one that follows from SIP status and cause once the call has ended.
fn dial_status(record: &CallRecord) -> Option<DialStatus> {
    let release = record.release.as_ref().map(|group| &group.content);
    if let Some(stated) = release.and_then(|release| release.dial_status) {
        return Some(stated);
    }
    record.end.as_ref()?;
    if record.answer.is_some() {
        return Some(DialStatus::Answer);
    }
    let sip_status = release.and_then(|release| release.sip_status);
    let cause = release.and_then(|release| release.release_cause);
    // 408 and 480 say that nobody picked up; the causes they map to (102, 18) are shared with other faults.
    Some(match (sip_status, cause) {
        (Some(487), _) | (_, Some(16)) => DialStatus::Cancel,
        (_, Some(17)) => DialStatus::Busy,
        (Some(408 | 480), _) | (_, Some(18 | 19) | None) => DialStatus::NoAnswer,
        (_, Some(34 | 38 | 41 | 42 | 44)) => DialStatus::Congestion,
        (_, Some(_)) => DialStatus::ChannelUnavailable,
    })
}

/// Seconds, rounded half up from the microseconds, so that nothing is rounded twice.
const fn rounded_seconds(micros: i64) -> i64 {
    (micros + MICROS_PER_SECOND / 2) / MICROS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use crate::record::{Answer, End, Group, Release, Ringing, Stamp, Start};
    use crate::time::Timestamp;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_795_207_256_000 + millis)
    }

    /// A record with what is given, instants in milliseconds.
    fn record(
        [start, ringing, answer, end]: [Option<i64>; 4],
        release: (Option<u16>, Option<u8>, Option<DialStatus>),
    ) -> CallRecord {
        let mut record = CallRecord::empty(AccountId::new("acme").expect("valid"), "c1".into(), at(0));
        let stamp = Stamp::new(0, at(0));
        record.start = start.map(|ms| Group { stamp, content: Start { started_at: at(ms) } });
        record.ringing = ringing.map(|ms| Group { stamp, content: Ringing { ringing_at: at(ms) } });
        record.answer =
            answer.map(|ms| Group { stamp, content: Answer { answered_at: at(ms), answered_by: None } });
        record.end = end.map(|ms| Group { stamp, content: End { ended_at: at(ms) } });
        let (sip_status, release_cause, dial_status) = release;
        let content = Release { sip_status, release_cause, dial_status, ..Release::default() };
        record.release = (content != Release::default()).then_some(Group { stamp, content });
        record
    }

    const NOTHING: (Option<u16>, Option<u8>, Option<DialStatus>) = (None, None, None);

    #[test]
    fn open_calls_have_a_status_and_no_durations() {
        let cases = [
            ([None, None, None, None], Status::Queued),
            ([Some(0), None, None, None], Status::Queued),
            ([Some(0), Some(1), None, None], Status::Ringing),
            ([Some(0), Some(1), Some(2), None], Status::InProgress),
            ([None, None, Some(2), None], Status::InProgress),
        ];
        for (instants, status) in cases {
            let derived = derive(&record(instants, NOTHING));
            assert_eq!((derived.status, derived.dial_status), (status, None), "{instants:?}");
            assert_eq!((derived.duration_ms, derived.talk_seconds), (None, None), "{instants:?}");
        }
    }

    #[test]
    fn ended_calls_say_how_dialling_ended() {
        use DialStatus::{Answer, Busy, Cancel, ChannelUnavailable, Congestion, NoAnswer};
        let cases = [
            (NOTHING, NoAnswer, Status::NoAnswer),
            ((Some(486), Some(17), None), Busy, Status::Busy),
            ((None, Some(19), None), NoAnswer, Status::NoAnswer),
            ((Some(480), Some(18), None), NoAnswer, Status::NoAnswer),
            ((Some(408), Some(102), None), NoAnswer, Status::NoAnswer),
            ((Some(504), Some(102), None), ChannelUnavailable, Status::Failed),
            ((Some(487), Some(16), None), Cancel, Status::Canceled),
            ((None, Some(16), None), Cancel, Status::Canceled),
            ((None, Some(34), None), Congestion, Status::Failed),
            ((Some(404), Some(1), None), ChannelUnavailable, Status::Failed),
            ((Some(603), Some(21), None), ChannelUnavailable, Status::Failed),
            ((Some(603), Some(21), Some(Busy)), Busy, Status::Busy),
            ((None, None, Some(Answer)), Answer, Status::Completed),
        ];
        for (release, dial_status, status) in cases {
            let derived = derive(&record([Some(0), None, None, Some(5)], release));
            assert_eq!((derived.dial_status, derived.status), (Some(dial_status), status), "{release:?}");
            assert_eq!(derived.talk_ms, Some(0));
        }
        let answered = derive(&record([Some(0), None, Some(1), Some(2)], (Some(486), Some(17), None)));
        assert_eq!((answered.dial_status, answered.status), (Some(Answer), Status::Completed));
    }

    #[test]
    fn durations_are_measured_between_the_best_known_instants() {
        let derived = derive(&record([Some(0), Some(1_200), Some(5_000), Some(65_499)], NOTHING));
        assert_eq!((derived.duration_ms, derived.duration_seconds), (Some(65_499), Some(65)));
        assert_eq!((derived.talk_ms, derived.talk_seconds), (Some(60_499), Some(60)));
        assert_eq!((derived.post_dial_delay_ms, derived.ringing_ms), (Some(1_200), Some(3_800)));
        let unanswered = derive(&record([Some(0), Some(1_200), None, Some(30_500)], NOTHING));
        assert_eq!((unanswered.ringing_ms, unanswered.duration_seconds), (Some(29_300), Some(31)));
        let unseen = derive(&record([Some(0), None, Some(700), Some(900)], NOTHING));
        assert_eq!((unseen.ringing_ms, unseen.post_dial_delay_ms), (None, Some(700)));
    }

    #[test]
    fn clocks_that_disagree_give_no_negative_duration() {
        let derived = derive(&record([Some(5_000), Some(4_000), Some(3_000), Some(1_000)], NOTHING));
        assert_eq!((derived.duration_ms, derived.talk_ms), (Some(0), Some(0)));
        assert_eq!((derived.ringing_ms, derived.post_dial_delay_ms), (Some(0), Some(0)));
    }

    #[test]
    fn half_a_second_rounds_up_and_nothing_rounds_twice() {
        let mut answered = record([None, None, Some(0), Some(499)], NOTHING);
        for (micros, ms, seconds) in
            [(499_499, 499, 0), (499_500, 500, 0), (500_000, 500, 1), (1_500_000, 1_500, 2)]
        {
            answered.end.as_mut().expect("present").content.ended_at = at(0).plus_micros(micros);
            let derived = derive(&answered);
            assert_eq!((derived.talk_ms, derived.talk_seconds), (Some(ms), Some(seconds)), "{micros}");
        }
    }

    #[test]
    fn a_concluded_start_gives_no_post_dial_delay() {
        let mut answered = record([Some(0), None, Some(0), Some(1_000)], NOTHING);
        answered.start.as_mut().expect("present").stamp = Stamp::concluded(at(0));
        assert_eq!(derive(&answered).post_dial_delay_ms, None);
        assert_eq!(derive(&answered).duration_ms, Some(1_000));
    }
}
