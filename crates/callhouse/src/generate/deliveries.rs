//! Webhook deliveries of a set: the log of another system that is kept here, too. Each delivery is an event of a call that
//! goes to an endpoint of its account, and is tried again until it gets there or is given up. What the events of its
//! attempts look like is in `deliveries/events.rs`.

mod events;
#[cfg(test)]
mod tests;

use callhouse_core::ids::short_hash;

use super::draw::Draw;
use super::world::{Account, STREAM_DELIVERIES, STREAM_DELIVERY_FAULTS, World};

pub(super) use events::AttemptTeller;

const SECOND_MS: i64 = 1_000;
/// Endpoints of one account.
const ENDPOINTS: u64 = 12;
/// One endpoint in so many of all never answers.
const DEAD_ONE_IN: u64 = 10;
/// The pause after the first attempt; each further one is three times as long.
const FIRST_PAUSE_MS: i64 = 10 * SECOND_MS;
const MOST_ATTEMPTS: usize = 6;
/// An attempt that got no answer ended after so long.
const TIMEOUT_MS: i64 = 10 * SECOND_MS;

const EVENT_TYPES: [&str; 4] =
    ["call.inbound_start", "call.inbound_hangup", "call.outbound_start", "call.outbound_hangup"];

/// Where an account's events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) hook_hash: String,
    is_dead: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An HTTP status of 200 to 299.
    Taken(i64),
    /// Another HTTP status.
    Refused(i64),
    Timeout,
    NoConnection,
}

/// One attempt. Instants are milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) at_ms: i64,
    pub(super) duration_ms: i64,
    pub(super) outcome: Outcome,
}

/// An event of a call on its way to an endpoint.
#[derive(Debug)]
pub(super) struct Delivery<'w> {
    /// Which delivery of the set this is.
    pub(super) index: u64,
    pub(super) account: &'w Account,
    pub(super) endpoint: Endpoint,
    pub(super) event_type: &'static str,
    /// The id of what is delivered, the subject of all attempts.
    pub(super) event_id: String,
    /// The call it is about.
    pub(super) about: String,
    pub(super) event_at: i64,
    /// In their order; at least one.
    pub(super) attempts: Vec<Attempt>,
}

impl Delivery<'_> {
    /// Whether it got there in the end.
    pub(super) fn is_taken(&self) -> bool {
        self.attempts.iter().any(|attempt| matches!(attempt.outcome, Outcome::Taken(_)))
    }
}

/// The stream that the faults of an attempt's way to the warehouse are drawn from.
pub(super) fn fault_stream(seed: u64, index: u64) -> Draw {
    Draw::new(seed, STREAM_DELIVERY_FAULTS + index)
}

/// Draws the delivery with an index, from its own stream.
pub(super) fn draw_delivery<'w>(world: &'w World, seed: u64, index: u64, event_at: i64) -> Delivery<'w> {
    let mut draw = Draw::new(seed, STREAM_DELIVERIES + index);
    let accounts = u64::try_from(world.accounts.len()).unwrap_or(u64::MAX);
    let account = &world.accounts[usize::try_from(draw.zipf(accounts, 1.1)).unwrap_or(0)];
    let endpoint = endpoint(account, draw.zipf(ENDPOINTS, 1.0));
    let attempts = attempts(&endpoint, event_at, &mut draw);
    let trace = Draw::new(seed, u64::MAX).bits() & 0xffff_ffff;
    Delivery {
        index,
        account,
        endpoint,
        event_type: draw.pick::<&str>(&EVENT_TYPES),
        event_id: format!("{trace:08x}-d{index:x}"),
        about: format!("call-{trace:08x}-{index:x}"),
        event_at,
        attempts,
    }
}

/// The endpoint of a rank: the same each time.
fn endpoint(account: &Account, rank: u64) -> Endpoint {
    let url = format!("https://hooks-{rank}.{}.example/callr?token=a&b=\u{e9}", account.name);
    let hook_hash = short_hash(&["hook", &account.name, &rank.to_string()]);
    // The busiest one lives, so that most is taken.
    let is_dead = rank > 0 && (account.index * ENDPOINTS + rank).is_multiple_of(DEAD_ONE_IN);
    Endpoint { url, hook_hash, is_dead }
}

fn attempts(endpoint: &Endpoint, event_at: i64, draw: &mut Draw) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let (mut at_ms, mut pause_ms) = (event_at + draw.between(5, 400), FIRST_PAUSE_MS);
    loop {
        let outcome = outcome(endpoint, draw);
        let duration_ms = match outcome {
            Outcome::Timeout => TIMEOUT_MS,
            Outcome::NoConnection => draw.between(1, 40),
            Outcome::Taken(_) | Outcome::Refused(_) => draw.log_normal_ms(0.08, 0.9).min(TIMEOUT_MS - 1),
        };
        attempts.push(Attempt { at_ms, duration_ms, outcome });
        if matches!(outcome, Outcome::Taken(_)) || attempts.len() == MOST_ATTEMPTS {
            return attempts;
        }
        at_ms += duration_ms + pause_ms + draw.between(0, pause_ms / 5);
        pause_ms *= 3;
    }
}

fn outcome(endpoint: &Endpoint, draw: &mut Draw) -> Outcome {
    if endpoint.is_dead {
        return *draw.weighted(&[(7, Outcome::NoConnection), (3, Outcome::Timeout)]);
    }
    *draw.weighted(&[
        (900, Outcome::Taken(200)),
        (50, Outcome::Taken(204)),
        (20, Outcome::Refused(500)),
        (10, Outcome::Refused(503)),
        (5, Outcome::Refused(404)),
        (3, Outcome::Refused(301)),
        (9, Outcome::Timeout),
        (3, Outcome::NoConnection),
    ])
}
