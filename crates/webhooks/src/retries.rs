//! When a failed delivery is tried again: exponential backoff with jitter.

use std::time::Duration;

use callhouse_core::Timestamp;

/// The schedule. Try `n` (from 0) that fails is followed by the next after `first` × `factor`ⁿ, at most `longest`, give or
/// take a fifth of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retries {
    /// Tries in all. Default 10, numbered 0 to 9.
    pub tries: u32,
    /// Default 10 s.
    pub first: Duration,
    /// Default 3.
    pub factor: u32,
    /// Default 12 h.
    pub longest: Duration,
}

/// A pause is stretched or shortened by up to this share, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

impl Default for Retries {
    fn default() -> Self {
        Self {
            tries: 10,
            first: Duration::from_secs(10),
            factor: 3,
            longest: Duration::from_secs(12 * 3_600),
        }
    }
}

impl Retries {
    /// When the try after number `number`, which failed at `now`, is due; `None` when it was the last. `random` is uniform
    /// in [0, 1).
    #[must_use]
    pub fn after(&self, number: i64, now: Timestamp, random: f64) -> Option<Timestamp> {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if number >= self.tries.saturating_sub(1) {
            return None;
        }
        let pause = self.pause(number).mul_f64(1.0 - JITTER + 2.0 * JITTER * random);
        Some(now.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The pause after a try, before jitter.
    fn pause(&self, number: u32) -> Duration {
        let factor = self.factor.checked_pow(number).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: f64 = 0.5;

    #[test]
    fn ten_tries_take_about_a_day() {
        let (retries, mut now) = (Retries::default(), Timestamp(0));
        let mut pauses = Vec::new();
        for number in 0.. {
            let Some(next) = retries.after(number, now, MIDDLE) else { break };
            pauses.push(next.micros_since(now) / 1_000_000);
            now = next;
        }
        assert_eq!(pauses, [10, 30, 90, 270, 810, 2_430, 7_290, 21_870, 43_200]);
        assert_eq!(now.micros() / 1_000_000 / 3_600, 21);
    }

    #[test]
    fn jitter_is_a_fifth_either_way() {
        let retries = Retries::default();
        let pause = |random| retries.after(0, Timestamp(0), random).map(Timestamp::micros);
        assert_eq!(pause(0.0), Some(8_000_000));
        assert!(pause(0.999_999).is_some_and(|micros| (11_990_000..=12_000_000).contains(&micros)));
    }

    #[test]
    fn tries_beyond_the_last_and_absurd_settings_end_the_delivery_or_stay_bounded() {
        let retries = Retries { factor: u32::MAX, ..Retries::default() };
        assert_eq!(retries.after(8, Timestamp(0), MIDDLE), Some(Timestamp(43_200_000_000)));
        for number in [9, 10, i64::MAX] {
            assert_eq!(retries.after(number, Timestamp(0), MIDDLE), None);
        }
        assert_eq!(Retries { tries: 0, ..retries }.after(0, Timestamp(0), MIDDLE), None);
    }
}
