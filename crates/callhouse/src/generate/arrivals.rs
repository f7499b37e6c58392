//! When calls start: a Poisson process whose rate follows the day and the week, given its total.
//!
//! Given their number, the arrivals of such a process are independent draws from its rate. So the calls are
//! dealt out minute by minute (binomially, from what is left), which gives exactly the number asked for, in
//! order, with one minute in memory.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_DAY;

use super::draw::Draw;
use super::options::{Options, Pattern};
use super::world::STREAM_ARRIVALS;

const MINUTES_PER_DAY: u64 = 1_440;
const MICROS_PER_MINUTE: i64 = 60_000_000;
const MILLIS_PER_MINUTE: u64 = 60_000;

/// Share of the peak by hour of day: night, ramp, two peaks with lunch between, evening.
const OFFICE_HOURS: [f64; 24] = [
    0.03, 0.02, 0.02, 0.02, 0.03, 0.05, 0.12, 0.35, 0.70, 0.90, 0.98, 1.00, 0.80, 0.78, 0.92, 0.98, 1.00,
    0.85, 0.60, 0.42, 0.30, 0.18, 0.10, 0.05,
];
/// Monday to Sunday.
const WEEK: [f64; 7] = [1.05, 1.0, 1.0, 1.0, 0.95, 0.35, 0.25];

/// The starts of all calls of a set, in order, in milliseconds since the Unix epoch.
#[derive(Debug)]
pub(super) struct Arrivals {
    draw: Draw,
    seed: u64,
    /// The first of the streams that this is drawn from.
    stream: u64,
    start: Timestamp,
    pattern: Pattern,
    minutes: u64,
    next_minute: u64,
    flash_crowd_minute: u64,
    calls_left: u64,
    weight_left: f64,
    /// Starts of the minute being dealt out, the earliest last.
    minute: Vec<i64>,
}

impl Arrivals {
    /// Of the calls of a set.
    pub(super) fn new(options: &Options) -> Self {
        Self::of(options, options.calls, STREAM_ARRIVALS)
    }

    /// Of so many of whatever begins as calls do.
    pub(super) fn of(options: &Options, count: u64, stream: u64) -> Self {
        let minutes = u64::from(options.days.max(1)) * MINUTES_PER_DAY;
        let mut draw = Draw::new(options.seed, stream);
        let mut arrivals = Self {
            flash_crowd_minute: draw.below(minutes),
            draw,
            seed: options.seed,
            stream,
            start: options.start,
            pattern: options.pattern,
            minutes,
            next_minute: 0,
            calls_left: count,
            weight_left: 0.0,
            minute: Vec::new(),
        };
        arrivals.weight_left = (0..minutes).map(|minute| arrivals.weight(minute)).sum();
        arrivals
    }

    /// The rate of a minute, in units that only compare.
    fn weight(&self, minute: u64) -> f64 {
        if self.pattern == Pattern::Flat {
            return 1.0;
        }
        let at = self.start_of(minute);
        let day = usize::try_from((i64::from(at.utc_day()) + 3).rem_euclid(7)).unwrap_or(0);
        let hour = at.micros().rem_euclid(MICROS_PER_DAY) / (60 * MICROS_PER_MINUTE);
        let hour = usize::try_from(hour).unwrap_or(0);
        // Noise moves by the quarter of an hour, as load does, and not from minute to minute.
        let noise = Draw::new(self.seed, self.stream + 1 + minute / 15).noise(0.1);
        let crowd = (self.flash_crowd_minute..self.flash_crowd_minute + 5).contains(&minute);
        OFFICE_HOURS[hour] * WEEK[day] * noise * if crowd { 10.0 } else { 1.0 }
    }

    fn start_of(&self, minute: u64) -> Timestamp {
        let minutes = i64::try_from(minute).unwrap_or(i64::MAX);
        self.start.plus_micros(minutes.saturating_mul(MICROS_PER_MINUTE))
    }

    fn deal_next_minute(&mut self) {
        let minute = self.next_minute;
        self.next_minute += 1;
        let weight = self.weight(minute);
        let is_last = self.next_minute == self.minutes;
        let share = if is_last { 1.0 } else { (weight / self.weight_left).min(1.0) };
        let calls = self.draw.binomial(self.calls_left, share);
        self.weight_left -= weight;
        self.calls_left -= calls;
        let first_ms = self.start_of(minute).micros() / 1_000;
        for _ in 0..calls {
            self.minute.push(first_ms + i64::try_from(self.draw.below(MILLIS_PER_MINUTE)).unwrap_or(0));
        }
        self.minute.sort_unstable_by(|one, other| other.cmp(one));
    }
}

impl Arrivals {
    /// The next start, left where it is.
    pub(super) fn peek(&mut self) -> Option<i64> {
        while self.minute.is_empty() && self.next_minute < self.minutes {
            self.deal_next_minute();
        }
        self.minute.last().copied()
    }
}

/// Arrivals with an index each, from the first of the options on: of whatever is drawn from its index.
#[derive(Debug)]
pub(super) struct Numbered {
    arrivals: Arrivals,
    next: u64,
}

impl Numbered {
    /// So many, as [`Arrivals::of`] has them.
    pub(super) fn of(options: &Options, count: u64, stream: u64) -> Self {
        Self { arrivals: Arrivals::of(options, count, stream), next: options.first_call }
    }

    /// When the next one begins, left where it is.
    pub(super) fn peek(&mut self) -> Option<i64> {
        self.arrivals.peek()
    }
}

impl Iterator for Numbered {
    /// Index and instant.
    type Item = (u64, i64);

    fn next(&mut self) -> Option<(u64, i64)> {
        let at = self.arrivals.next()?;
        self.next += 1;
        Some((self.next - 1, at))
    }
}

impl Iterator for Arrivals {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.peek()?;
        self.minute.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::DEFAULT_START;
    use super::*;

    #[test]
    fn exactly_the_calls_asked_for_arrive_in_order_within_the_days() {
        let options = Options {
            seed: 3,
            calls: 20_000,
            sms: 0,
            deliveries: 0,
            first_call: 0,
            accounts: 1,
            start: DEFAULT_START,
            days: 9,
            pattern: Pattern::Office,
        };
        let starts: Vec<i64> = Arrivals::new(&options).collect();
        assert_eq!(starts.len(), 20_000);
        assert!(starts.is_sorted());
        let first_ms = DEFAULT_START.micros() / 1_000;
        assert!(starts[0] >= first_ms && starts[19_999] < first_ms + 9 * 86_400_000);
        let at_eleven = |ms: &&i64| (**ms / 3_600_000) % 24 == 11;
        let at_three = |ms: &&i64| (**ms / 3_600_000) % 24 == 3;
        assert!(starts.iter().filter(at_eleven).count() > 10 * starts.iter().filter(at_three).count());
    }
}
