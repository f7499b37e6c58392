//! The generator: a set of calls with everything that goes wrong on the way, as a function of its options.
//!
//! [`Generator`] yields messages in the order they would arrive and keeps only those in flight in memory. It
//! counts its own control totals. It shares no code with what reads events: a fault on one side must show as a
//! difference and not cancel out. Where the messages go is `generate/sink.rs`.

mod arrivals;
mod call;
mod draw;
mod events;
mod faults;
mod json;
mod message;
mod numbers;
mod options;
mod outcome;
mod rating;
pub(crate) mod sink;
#[cfg(test)]
mod tests;
mod totals;
mod world;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

pub(crate) use message::{Kind, Message};
pub(crate) use options::{DEFAULT_START, Options, Pattern};
pub(crate) use totals::{Report, Totals};

use arrivals::Arrivals;
use call::{Call, Parent, draw_call};
use draw::Draw;
use events::Teller;
use world::{STREAM_MALFORMED, World};

/// Makes the messages of a set.
#[derive(Debug)]
pub(crate) struct Generator {
    seed: u64,
    /// Names this set in its event ids.
    set: String,
    world: Arc<World>,
    arrivals: Arrivals,
    next_call: u64,
    in_flight: BinaryHeap<Reverse<InFlight>>,
    next_in_flight: u64,
    totals: Totals,
}

/// A message that has been sent and not arrived; the earliest arrival first, then the first sent.
#[derive(Debug, PartialEq, Eq)]
struct InFlight {
    order: (i64, u64),
    message: Message,
}

impl Ord for InFlight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl PartialOrd for InFlight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Generator {
    #[must_use]
    pub(crate) fn new(options: &Options) -> Self {
        let trace = Draw::new(options.seed, u64::MAX).bits();
        Self {
            seed: options.seed,
            set: format!("{trace:016x}"),
            world: Arc::new(World::new(options)),
            arrivals: Arrivals::new(options),
            next_call: options.first_call,
            in_flight: BinaryHeap::new(),
            next_in_flight: 0,
            totals: Totals::default(),
        }
    }

    /// Names of the accounts that calls are made for.
    #[must_use]
    pub(crate) fn account_names(&self) -> Vec<String> {
        self.world.accounts.iter().map(|account| account.name.clone()).collect()
    }

    /// The control totals: those of the whole set once the generator is exhausted.
    #[must_use]
    pub(crate) fn report(&self) -> Report {
        self.totals.report(self.seed)
    }

    /// Puts one interaction, which is one or more calls, on its way.
    fn start_interaction(&mut self, started_at: i64) {
        let world = Arc::clone(&self.world);
        let first = self.next_call;
        let mut draw = Draw::new(self.seed, STREAM_MALFORMED - 1 - first);
        let legs = match draw.below(100) {
            0..60 => 1,
            60..90 => 2,
            90..98 => 3,
            _ => 4 + draw.below(5),
        };
        let mut main = self.next_leg(&world, started_at, None);
        if legs > 1 {
            main.group = Some(main.call_id.clone());
        }
        let parent = Parent {
            call_id: main.call_id.clone(),
            group: main.call_id.clone(),
            account: main.account,
            from: main.from,
        };
        let dialled_from = main.answered_at.unwrap_or(started_at);
        self.send(main);
        for _ in 1..legs {
            // A leg takes the place of an arrival, so that the set has exactly the calls asked for.
            if self.arrivals.next().is_none() {
                return;
            }
            let leg_started_at = dialled_from + draw.between(200, 20_000);
            let leg = self.next_leg(&world, leg_started_at, Some(&parent));
            self.send(leg);
        }
    }

    fn next_leg<'w>(&mut self, world: &'w World, started_at: i64, parent: Option<&Parent<'w>>) -> Call<'w> {
        let index = self.next_call;
        self.next_call += 1;
        draw_call(world, self.seed, index, started_at, parent)
    }

    /// Sends the messages of a call, with its faults.
    fn send(&mut self, mut call: Call) {
        let mut draw = Draw::new(self.seed, STREAM_MALFORMED + call.index);
        let is_open = faults::forget_end(&mut call, &mut draw);
        let correction = faults::correction(&call, &mut draw);
        let clock = faults::Clock::draw(&mut draw);
        self.totals.count_call(&call, correction.as_ref(), is_open);

        let told = Teller { call: &call, clock, set: &self.set }.tell(correction.as_ref());
        let key: Box<str> = format!("{}/{}", call.account.name, call.call_id).into();
        for event in told {
            let deliver_at_ms = event.at_ms + faults::delay_ms(&mut draw);
            if faults::is_followed_by_rubbish(&mut draw) {
                let payload = faults::rubbish(&event.json, &call.account.name, &mut draw);
                self.deliver(deliver_at_ms + 1, &key, payload, Kind::Malformed);
            }
            let payload = event.json.into_bytes();
            if let Some(after_ms) = faults::duplicate_after_ms(&mut draw) {
                self.deliver(deliver_at_ms + after_ms, &key, payload.clone(), Kind::Duplicate);
            }
            self.deliver(deliver_at_ms, &key, payload, Kind::Event);
        }
    }

    fn deliver(&mut self, deliver_at_ms: i64, key: &str, payload: Vec<u8>, kind: Kind) {
        let message = Message { deliver_at_ms, key: key.into(), payload, kind };
        self.in_flight.push(Reverse(InFlight { order: (deliver_at_ms, self.next_in_flight), message }));
        self.next_in_flight += 1;
    }
}

impl Iterator for Generator {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        // Messages may arrive as soon as no call that starts later can be ahead of them.
        while let Some(started_at) = self.arrivals.peek() {
            if self.in_flight.peek().is_some_and(|Reverse(first)| first.order.0 <= started_at) {
                break;
            }
            self.arrivals.next();
            self.start_interaction(started_at);
        }
        let Reverse(InFlight { message, .. }) = self.in_flight.pop()?;
        self.totals.count_message(message.kind);
        Some(message)
    }
}
