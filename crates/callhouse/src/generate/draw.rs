//! Random draws: one stream of numbers per thing drawn for, and the distributions the calls are shaped by.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp, LogNormal, Zipf};

/// Random numbers for one purpose. Streams of the same seed and different numbers are independent, so that
/// what is drawn for one call never depends on how many were drawn for another.
#[derive(Debug, Clone)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream);
        Self(numbers)
    }

    /// True in so many of a million draws.
    pub(super) fn chance(&mut self, per_million: u32) -> bool {
        self.0.random_range(0..1_000_000) < per_million
    }

    /// A number of the half-open range.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end.max(1))
    }

    /// A number of the closed range.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        self.0.random_range(first..=last.max(first))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// An element, each as likely as the others.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// An element, as likely as its weight.
    pub(super) fn weighted<'a, T>(&mut self, from: &'a [(u32, T)]) -> &'a T {
        let mut rest = self.below(from.iter().map(|(weight, _)| u64::from(*weight)).sum());
        for (weight, element) in from {
            match rest.checked_sub(u64::from(*weight)) {
                Some(beyond) => rest = beyond,
                None => return element,
            }
        }
        unreachable!("the draw lies below the sum of the weights")
    }

    /// A word, as likely as its weight.
    pub(super) fn weighted_word(&mut self, from: &[(u32, &'static str)]) -> &'static str {
        let word: &&str = self.weighted(from);
        word
    }

    /// An index below `len`, each as likely as the others.
    pub(super) fn index(&mut self, len: usize) -> usize {
        self.0.random_range(0..len)
    }

    /// A rank from 0 below `len`, Zipf with the given exponent: rank 0 is the most frequent.
    pub(super) fn zipf(&mut self, len: u64, exponent: f64) -> u64 {
        let last = len.max(1);
        let zipf = Zipf::new(whole_f64(last), exponent).expect("at least one rank, a positive exponent");
        whole(zipf.sample(&mut self.0)).clamp(1, last) - 1
    }

    /// Milliseconds, log-normal about a median in seconds.
    pub(super) fn log_normal_ms(&mut self, median_seconds: f64, sigma: f64) -> i64 {
        let seconds = LogNormal::new(median_seconds.ln(), sigma).expect("a finite sigma");
        millis(seconds.sample(&mut self.0))
    }

    /// Milliseconds, exponential about a mean in seconds.
    pub(super) fn exponential_ms(&mut self, mean_seconds: f64) -> i64 {
        millis(Exp::new(mean_seconds.recip()).expect("a positive mean").sample(&mut self.0))
    }

    /// How many of `trials` fall into a share of the whole.
    pub(super) fn binomial(&mut self, trials: u64, share: f64) -> u64 {
        let binomial =
            rand_distr::Binomial::new(trials, share.clamp(0.0, 1.0)).expect("a share within 0 and 1");
        binomial.sample(&mut self.0)
    }

    /// A factor about 1 for noise.
    pub(super) fn noise(&mut self, sigma: f64) -> f64 {
        LogNormal::new(0.0, sigma).expect("a finite sigma").sample(&mut self.0)
    }
}

/// Seconds as whole milliseconds, at most some 30 years.
fn millis(seconds: f64) -> i64 {
    i64::try_from(whole((seconds * 1_000.0).clamp(0.0, 1e12))).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "draws are finite and small; `as` saturates, so even a wild one is only a long call"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// The last digits beyond 2^53 are lost, which changes no rank.
fn whole_f64(number: u64) -> f64 {
    number as f64
}
