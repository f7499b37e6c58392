//! Instants as texts, in a time zone (TIM-1: zones matter for print only).

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::cells::digits;
use crate::spec::TimeStyle;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Offsets change at whole quarters of an hour, since 1972 in every zone.
const QUARTER_SECONDS: i64 = 900;
const FIRST_REGULAR_SECOND: i64 = 2 * 365 * SECONDS_PER_DAY;

/// Prints instants.
#[derive(Debug)]
pub(super) struct Printer {
    zone: Tz,
    style: TimeStyle,
    /// The quarter of an hour asked for last, and the zone's offset in it in seconds.
    last: Option<(i64, i64)>,
}

impl Printer {
    pub(super) fn new(zone: Tz, style: TimeStyle) -> Self {
        Self { zone, style, last: None }
    }

    /// Writes an instant of so many microseconds since 1970.
    pub(super) fn write(&mut self, micros: i64, out: &mut Vec<u8>) {
        let seconds = micros.div_euclid(MICROS_PER_SECOND);
        let fraction = micros.rem_euclid(MICROS_PER_SECOND).unsigned_abs();
        let offset = self.offset(seconds);
        // RFC 3339 has no offsets with seconds; local times of long ago had.
        let in_utc = self.style == TimeStyle::Rfc3339 && offset % 60 != 0;
        let offset = if in_utc { 0 } else { offset };
        let local = seconds.saturating_add(offset);
        let (year, month, day) = civil(local.div_euclid(SECONDS_PER_DAY));
        if year < 0 {
            out.push(b'-');
        } else if year > 9_999 {
            out.push(b'+');
        }
        number(year.unsigned_abs(), 4, out);
        out.push(b'-');
        number(month, 2, out);
        out.push(b'-');
        number(day, 2, out);
        out.push(if self.style == TimeStyle::Rfc3339 { b'T' } else { b' ' });
        let of_day = local.rem_euclid(SECONDS_PER_DAY).unsigned_abs();
        number(of_day / 3_600, 2, out);
        out.push(b':');
        number(of_day / 60 % 60, 2, out);
        out.push(b':');
        number(of_day % 60, 2, out);
        match fraction {
            0 => {}
            _ if fraction.is_multiple_of(1_000) => {
                out.push(b'.');
                number(fraction / 1_000, 3, out);
            }
            _ => {
                out.push(b'.');
                number(fraction, 6, out);
            }
        }
        if self.style == TimeStyle::Rfc3339 {
            if self.zone == Tz::UTC || in_utc {
                out.push(b'Z');
            } else {
                out.push(if offset < 0 { b'-' } else { b'+' });
                number(offset.unsigned_abs() / 3_600, 2, out);
                out.push(b':');
                number(offset.unsigned_abs() / 60 % 60, 2, out);
            }
        }
    }

    /// Seconds that the zone is ahead of UTC.
    fn offset(&mut self, seconds: i64) -> i64 {
        if self.zone == Tz::UTC {
            return 0;
        }
        let quarter = seconds.div_euclid(QUARTER_SECONDS);
        if let Some((known, offset)) = self.last
            && known == quarter
        {
            return offset;
        }
        let Some(at) = DateTime::from_timestamp(seconds, 0) else { return 0 };
        let offset = self.zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        let offset = i64::from(offset);
        if seconds >= FIRST_REGULAR_SECOND {
            self.last = Some((quarter, offset));
        }
        offset
    }
}

fn number(value: u64, least: u32, out: &mut Vec<u8>) {
    digits(u128::from(value), least, out);
}

/// Year, month and day of a day since 1970-01-01 in the proleptic Gregorian calendar, by counting in eras of 400 years
/// that begin on a 1st of March.
fn civil(days: i64) -> (i64, u64, u64) {
    const DAYS_OF_ERA: i64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_OF_ERA);
    let of_era = days.rem_euclid(DAYS_OF_ERA).unsigned_abs();
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March on have 31, 30, 31, 30, 31 days, again and again: 153 in five.
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = i64::try_from(year_of_era).unwrap_or(0) + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    use super::*;

    fn printed(zone: Tz, style: TimeStyle, micros: i64) -> String {
        let mut out = Vec::new();
        Printer::new(zone, style).write(micros, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn clock_changes_are_printed_as_they_were_seen() {
        let paris = |micros| printed(Tz::Europe__Paris, TimeStyle::Rfc3339, micros);
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("RFC 3339").timestamp_micros();
        assert_eq!(paris(at("2026-03-29T00:59:59.999999Z")), "2026-03-29T01:59:59.999999+01:00");
        assert_eq!(paris(at("2026-03-29T01:00:00Z")), "2026-03-29T03:00:00+02:00");
        let lord_howe = printed(Tz::Australia__Lord_Howe, TimeStyle::Local, at("2026-04-04T15:00:00.5Z"));
        assert_eq!(lord_howe, "2026-04-05 01:30:00.500");
        let long_ago = printed(Tz::Europe__Amsterdam, TimeStyle::Rfc3339, at("1900-01-01T00:00:00Z"));
        assert_eq!(
            DateTime::parse_from_rfc3339(&long_ago).expect("RFC 3339").timestamp_micros(),
            at("1900-01-01T00:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn instants_print_as_chrono_prints_them(
            seconds in -60_000_000_000_i64..250_000_000_000,
            fraction in prop_oneof![Just(0_i64), Just(500_000), 0..1_000_000_i64],
        ) {
            let micros = seconds * MICROS_PER_SECOND + fraction;
            let at = DateTime::from_timestamp_micros(micros).expect("in range");
            prop_assert_eq!(
                printed(Tz::UTC, TimeStyle::Rfc3339, micros),
                at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
            );
        }

        #[test]
        fn a_printer_that_remembers_prints_what_a_new_one_does(
            starts in proptest::collection::vec(-3_000_000_000_i64..5_000_000_000, 1..40),
            step in 0..4_000_i64,
        ) {
            for zone in [Tz::Europe__Paris, Tz::Australia__Lord_Howe, Tz::America__New_York, Tz::Asia__Kathmandu] {
                let mut kept = Printer::new(zone, TimeStyle::Rfc3339);
                for start in &starts {
                    for micros in [*start, start + step].map(|seconds| seconds * MICROS_PER_SECOND) {
                        let mut out = Vec::new();
                        kept.write(micros, &mut out);
                        let text = String::from_utf8(out).expect("ASCII");
                        prop_assert_eq!(&text, &printed(zone, TimeStyle::Rfc3339, micros));
                        let read = DateTime::parse_from_rfc3339(&text).expect("RFC 3339");
                        prop_assert_eq!(read.timestamp_micros(), micros);
                    }
                }
            }
        }
    }
}
