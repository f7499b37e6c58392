//! Limits of requests: so many a second, and so many at once after a pause, for each API key or login.
//!
//! Counted by the generic cell rate algorithm (`governor`), whose state is one number, in a cache of bounded size: what
//! it drops is counted anew. Only credentials that are good are counted, so that nobody can fill it with guesses.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use callhouse_core::Clock;
use callhouse_lake::accounts::{CountedAs, Principal, RequestLimit};
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;

/// Keys and logins counted at once, some 200 bytes each.
const COUNTED: usize = 100_000;
/// Two threads read the clock a little apart.
const CLOCK_JITTER_NANOS: u64 = 1_000_000_000;

/// The limits of one process. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct RequestLimits {
    usual: Option<RequestLimit>,
    ticks: Ticks,
    counts: Arc<Cache<CountedAs, Arc<Count>>>,
}

/// How it stands with a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    limit: RequestLimit,
    /// Requests that may follow at once.
    remaining: u32,
    /// Until as many may follow at once as ever may.
    reset: Duration,
    /// Until one more may follow; nothing when this one may be served.
    wait: Option<Duration>,
}

/// What one key or login has done.
struct Count {
    limit: RequestLimit,
    limiter: RateLimiter<NotKeyed, InMemoryState, Ticks, StateInformationMiddleware>,
    /// Nanoseconds since 1970 of the last request.
    last: AtomicU64,
}

impl RequestLimits {
    /// Limits that hold for keys without one of their own; `None` for none.
    #[must_use]
    pub fn new(usual: Option<RequestLimit>, clock: Arc<dyn Clock>) -> Self {
        Self { usual, ticks: Ticks(clock), counts: Arc::new(Cache::new(COUNTED)) }
    }

    /// Counts a request; `None` when no limit holds for these credentials.
    pub(crate) fn count(&self, principal: &Principal) -> Option<Standing> {
        let limit = principal.limit.or(self.usual)?;
        let counted_as = principal.counted_as();
        let fresh = || Arc::new(Count::new(limit, &self.ticks));
        // Requests that come at the same time are counted by the same.
        let counted = self.counts.get_or_insert_with(&counted_as, || Ok::<_, Infallible>(fresh()));
        let mut count = counted.unwrap_or_else(|never| match never {});
        if count.limit != limit || !count.has_seen(self.ticks.now()) {
            count = fresh();
            self.counts.insert(counted_as, Arc::clone(&count));
        }
        Some(count.one(&self.ticks))
    }
}

impl Count {
    fn new(limit: RequestLimit, ticks: &Ticks) -> Self {
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        let limiter = RateLimiter::direct_with_clock(quota, ticks.clone());
        Self { limit, limiter: limiter.with_middleware(), last: AtomicU64::new(ticks.now().0) }
    }

    /// Whether a request at `now` comes after the last one. Where the clock was set back we count anew: nobody must
    /// wait until it gets there again.
    fn has_seen(&self, now: Tick) -> bool {
        self.last.fetch_max(now.0, Ordering::Relaxed) <= now.0.saturating_add(CLOCK_JITTER_NANOS)
    }

    fn one(&self, ticks: &Ticks) -> Standing {
        let interval = Duration::from_secs(1) / self.limit.per_second.get();
        let (remaining, wait) = match self.limiter.check() {
            Ok(snapshot) => (snapshot.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(ticks.now()))),
        };
        let reset = interval * self.limit.burst.get().saturating_sub(remaining);
        Standing { limit: self.limit, remaining, reset, wait }
    }
}

impl Standing {
    /// Whole seconds after which a request that is refused may be sent again; `None` when it is not refused.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.wait.map(seconds_up)
    }

    pub(crate) const fn per_second(&self) -> NonZeroU32 {
        self.limit.per_second
    }

    pub(crate) const fn burst(&self) -> NonZeroU32 {
        self.limit.burst
    }

    /// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, and the three headers of its
    /// earlier drafts, which is what clients know so far.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        let (burst, remaining, reset) = (self.limit.burst.get(), self.remaining, seconds_up(self.reset));
        let window = burst.div_ceil(self.limit.per_second.get());
        let mut add = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        add("ratelimit-policy", format!("\"key\";q={burst};w={window}"));
        add("ratelimit", format!("\"key\";r={remaining};t={reset}"));
        add("ratelimit-limit", burst.to_string());
        add("ratelimit-remaining", remaining.to_string());
        add("ratelimit-reset", reset.to_string());
    }
}

fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The clock of the process as `governor` reads it: it cares for differences only.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Tick;

    fn now(&self) -> Tick {
        Tick(u64::try_from(self.0.now().micros()).unwrap_or(0).saturating_mul(1_000))
    }
}

/// Nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(u64);

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Nanos::new(self.0.saturating_sub(earlier.0))
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.as_u64()))
    }
}

impl std::ops::Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, duration: Nanos) -> Self {
        Self(self.0.saturating_add(duration.as_u64()))
    }
}
