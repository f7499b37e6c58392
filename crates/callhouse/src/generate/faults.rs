//! What goes wrong between a switch and a warehouse: late, twice, wrong clocks, prices put right, rubbish.

use super::call::Call;
use super::draw::Draw;
use super::events::Correction;
use super::world::STREAM_MALFORMED;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The clock of the switch that tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Right,
    /// Local time of the west coast sent as UTC.
    EightHoursBehind,
    /// A switch that came up with the date of its firmware, ten years ago.
    TenYearsBehind,
}

impl Clock {
    fn draw(draw: &mut Draw) -> Self {
        *draw.weighted(&[(999_200, Self::Right), (500, Self::EightHoursBehind), (300, Self::TenYearsBehind)])
    }

    /// What this clock shows at an instant, both in milliseconds since the Unix epoch.
    pub(super) fn shows(self, at_ms: i64) -> i64 {
        match self {
            Self::Right => at_ms,
            Self::EightHoursBehind => at_ms - 8 * HOUR_MS,
            Self::TenYearsBehind => at_ms - 3_652 * DAY_MS,
        }
    }
}

/// What goes wrong with a call as a whole.
#[derive(Debug)]
pub(super) struct Fate {
    pub(super) is_open: bool,
    pub(super) correction: Option<Correction>,
    pub(super) clock: Clock,
}

impl Fate {
    /// Draws the faults of a call from its stream, and takes from it what is never told.
    pub(super) fn draw(call: &mut Call, draw: &mut Draw) -> Self {
        let is_open = forget_end(call, draw);
        Self { is_open, correction: correction(call, draw), clock: Clock::draw(draw) }
    }
}

/// The stream that a call's faults are drawn from.
pub(super) fn stream(seed: u64, call_index: u64) -> Draw {
    Draw::new(seed, STREAM_MALFORMED + call_index)
}

/// Milliseconds from an event to its arrival.
pub(super) fn delay_ms(draw: &mut Draw) -> i64 {
    let usual_ms = draw.log_normal_ms(0.02, 0.5);
    match draw.below(10_000) {
        0 => draw.between(31 * DAY_MS, 40 * DAY_MS),
        1..=10 => draw.between(HOUR_MS, 12 * HOUR_MS),
        11..=500 => usual_ms + draw.log_normal_ms(2.0, 1.0),
        _ => usual_ms,
    }
}

/// Milliseconds from an arrival to the arrival of the same bytes once more; mostly there is none.
pub(super) fn duplicate_after_ms(draw: &mut Draw) -> Option<i64> {
    draw.chance(10_000).then(|| match draw.below(100) {
        0 => draw.between(DAY_MS, 9 * DAY_MS),
        1..=5 => draw.between(HOUR_MS, 30 * HOUR_MS),
        _ => draw.log_normal_ms(3.0, 1.5),
    })
}

/// A price put right one to thirty days after the call.
fn correction(call: &Call, draw: &mut Draw) -> Option<Correction> {
    let (rating, ended_at) = (call.rating.as_ref()?, call.ended_at?);
    draw.chance(6_000).then(|| Correction {
        at_ms: ended_at + draw.between(DAY_MS, 30 * DAY_MS),
        rating: rating.at_percent(draw.between(40, 160)),
        as_correction: draw.chance(500_000),
    })
}

/// The end of one call in five thousand is never told.
fn forget_end(call: &mut Call, draw: &mut Draw) -> bool {
    let forgotten = draw.chance(200);
    if forgotten {
        call.ended_at = None;
        call.rating = None;
        call.quality = None;
    }
    forgotten
}

/// One message in two thousand is followed by rubbish.
pub(super) fn is_followed_by_rubbish(draw: &mut Draw) -> bool {
    draw.chance(500)
}

/// Bytes that are no event, made of the JSON of one. Never empty and never with a line break, so that they
/// stay one message in a file of lines.
pub(super) fn rubbish(event: &str, account: &str, draw: &mut Draw) -> Vec<u8> {
    let quoted_account = format!(r#""account":"{account}""#);
    let text = match draw.below(11) {
        0 => cut(event, draw),
        1 => "<html><body>502 Bad Gateway</body></html>".to_owned(),
        2 => return [b"{\"specversion\":\"1.0\",\"id\":\"".as_slice(), &[0xff, 0xfe, 0x80], b"\"}"].concat(),
        3 => event.replacen(r#""id":""#, r#""identity":""#, 1),
        4 => event.replacen(r#""subject":""#, r#""object":""#, 1),
        5 => with_time(event, "1767225600"),
        6 => with_time(event, r#""1970-01-01T00:00:03Z""#),
        7 => with_time(event, r#""2099-01-01T00:00:00Z""#),
        8 => with_time(event, r#""yesterday at noon""#),
        9 => event.replacen(&quoted_account, r#""account":"no such account""#, 1),
        _ => r#""calls were made""#.to_owned(),
    };
    text.into_bytes()
}

/// The first part of an event, as a connection cut off leaves it.
fn cut(event: &str, draw: &mut Draw) -> String {
    let keep = 1 + draw.index(event.len() - 1);
    event.chars().take(keep.min(event.chars().count() - 1)).collect()
}

/// The event with another value for `time`.
fn with_time(event: &str, value: &str) -> String {
    const NAME: &str = r#""time":"#;
    let Some((before, after)) = event.split_once(NAME) else { return String::from("{") };
    let rest = after.split_once(',').map_or("}", |(_, rest)| rest);
    format!("{before}{NAME}{value},{rest}")
}
