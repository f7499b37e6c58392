//! Kamailio's finished call records: `key=value; …` lines of the module acc with cdr_enable on.
//!
//! Each line is one `call.detail_recorded` at `end_time`:
//! - `duration` > 0: `start_time` is when the dialog was confirmed, so it is `answered_at`; when the call began is not told.
//! - `duration` 0: `start_time` is `started_at`. The line repeats it as `end_time` however long the call rang, so no end
//!   is stated and the event's time only stands in for it: a later `call.ended` of `kamailio-acc` knows better.

use crate::connector::kamailio_acc::SOURCE;
use crate::connector::{Connector, account_or, checked_call_id, elements, line_event_id, line_text, stated};
use crate::event::Event;
use crate::event::call::{CallData, CallEventType, Direction};
use crate::event::envelope::Element;
use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::{MICROS_PER_SECOND, Timestamp};

pub(super) struct KamailioCdr;

impl Connector for KamailioCdr {
    fn name(&self) -> &'static str {
        "kamailio-cdr"
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        elements(line, event(line, default_account).map(|event| vec![event]))
    }
}

fn event(line: &[u8], default_account: Option<&AccountId>) -> Result<Event, Rejection> {
    let text = line_text(line)?;
    let fields = fields(text)?;
    let field =
        |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value).unwrap_or_default();
    let call_id = checked_call_id("sip_call_id", field("sip_call_id"))?;
    let account = account_or(field("account"), default_account)?;
    let [start, end] = [micros("start_time", field("start_time"))?, micros("end_time", field("end_time"))?];
    let is_answered = micros("duration", field("duration"))? > 0;
    let (start, end) = (Timestamp(start), Timestamp(end));
    let data = CallData {
        direction: Some(Direction::Outbound),
        started_at: (!is_answered).then_some(start),
        answered_at: is_answered.then_some(start),
        ended_at: is_answered.then_some(end),
        from: stated(field("caller")),
        to: stated(field("callee")),
        source_ip: stated(field("src_ip")),
        ..CallData::default()
    };
    let id = line_event_id(text.as_bytes(), "cdr");
    Ok(Event::from_call((SOURCE, &id), account, call_id, end, CallEventType::DetailRecorded, data))
}

/// The pairs of a line. No value of these lines holds a semicolon: they are numbers, addresses and SIP tokens.
fn fields(text: &str) -> Result<Vec<(&str, &str)>, Rejection> {
    text.split(';')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            pair.split_once('=').ok_or_else(|| {
                Rejection::new(RejectionReason::Malformed, format!("{pair:?} is not key=value"))
            })
        })
        .collect()
}

/// Microseconds of `1795207256.246`, read digit by digit: a float would be off by some.
fn micros(field: &str, value: &str) -> Result<i64, Rejection> {
    if value.is_empty() {
        return Err(Rejection::new(RejectionReason::MissingField, field));
    }
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let seconds = whole.parse::<i64>().ok().filter(|_| is_number(whole) && is_number(fraction));
    let padded = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let fraction = padded.fold(0_i64, |micros, digit| micros * 10 + i64::from(digit.wrapping_sub(b'0')));
    let micros = seconds.and_then(|seconds| seconds.checked_mul(MICROS_PER_SECOND)?.checked_add(fraction));
    micros.ok_or_else(|| {
        Rejection::new(RejectionReason::InvalidValue, format!("{field}: {value:?} is no number of seconds"))
    })
}
