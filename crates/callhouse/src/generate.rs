//! The generator: a set of calls, text messages and webhook deliveries with everything that goes wrong on the way, as a function of its options.
//!
//! [`Generator`] yields messages in the order they would arrive and keeps only those in flight in memory. It
//! counts its own control totals. It shares no code with what reads events: a fault on one side must show as a
//! difference and not cancel out. Where the messages go is `generate/sink.rs`. What is made without messages, straight
//! into settled files, is `generate/settled.rs`.

mod arrivals;
mod call;
mod deliveries;
mod draw;
mod events;
mod faults;
mod interactions;
mod json;
mod message;
mod numbers;
mod options;
mod outcome;
mod rating;
mod record;
pub(crate) mod settled;
pub(crate) mod sink;
mod sms;
#[cfg(test)]
mod tests;
mod totals;
mod world;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

pub(crate) use message::{Kind, Message};
pub(crate) use options::{DEFAULT_START, Options, Pattern};
pub(crate) use totals::{DeliveryGroupReport, Report, SmsGroupReport, Totals};

use arrivals::Numbered;
use call::Call;
use deliveries::{AttemptTeller, Delivery};
use draw::Draw;
use events::{Teller, Told};
use faults::Fate;
use interactions::Interactions;
use sms::{Sms, SmsTeller};
use world::{STREAM_DELIVERY_ARRIVALS, STREAM_SMS_ARRIVALS, World};

/// Makes the messages of a set.
#[derive(Debug)]
pub(crate) struct Generator {
    seed: u64,
    /// Names this set in its event ids.
    set: String,
    world: Arc<World>,
    interactions: Interactions,
    sms: Numbered,
    deliveries: Numbered,
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
            interactions: Interactions::new(options),
            sms: Numbered::of(options, options.sms, STREAM_SMS_ARRIVALS),
            deliveries: Numbered::of(options, options.deliveries, STREAM_DELIVERY_ARRIVALS),
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

    /// Sends the messages of a call, with its faults.
    fn send(&mut self, mut call: Call) {
        let mut draw = faults::stream(self.seed, call.index);
        let fate = Fate::draw(&mut call, &mut draw);
        self.totals.count_call(&call, &fate);

        let told = Teller { call: &call, clock: fate.clock, set: &self.set }.tell(fate.correction.as_ref());
        self.send_told(&call.account.name, &call.call_id, told, &mut draw);
    }

    /// Sends the messages of a text message, with its faults.
    fn send_sms(&mut self, sms: &Sms<'_>) {
        self.totals.count_sms(sms);
        let told = SmsTeller { sms, set: &self.set }.tell();
        self.send_told(&sms.account.name, &sms.sms_id, told, &mut sms::fault_stream(self.seed, sms.index));
    }

    /// Sends the messages of a webhook delivery, with its faults.
    fn send_delivery(&mut self, delivery: &Delivery<'_>) {
        self.totals.count_delivery(delivery);
        let told = AttemptTeller { delivery, set: &self.set }.tell();
        let mut draw = deliveries::fault_stream(self.seed, delivery.index);
        self.send_told(&delivery.account.name, &delivery.event_id, told, &mut draw);
    }

    /// Sends events of one thing: late, twice, out of order and with rubbish between them.
    fn send_told(&mut self, account: &str, subject: &str, told: Vec<Told>, draw: &mut Draw) {
        let key: Box<str> = format!("{account}/{subject}").into();
        for event in told {
            let deliver_at_ms = event.at_ms + faults::delay_ms(draw);
            if faults::is_followed_by_rubbish(draw) {
                let payload = faults::rubbish(&event.json, account, draw);
                self.deliver(deliver_at_ms + 1, &key, payload, Kind::Malformed);
            }
            let payload = event.json.into_bytes();
            if let Some(after_ms) = faults::duplicate_after_ms(draw) {
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
        // Messages may arrive as soon as nothing that begins later can be ahead of them.
        let world = Arc::clone(&self.world);
        loop {
            let (call_at, sms_at) = (self.interactions.peek(), self.sms.peek());
            let next = call_at.into_iter().chain(sms_at).chain(self.deliveries.peek()).min();
            let Some(begins_at) = next else { break };
            if self.in_flight.peek().is_some_and(|Reverse(first)| first.order.0 <= begins_at) {
                break;
            }
            if call_at == Some(begins_at) {
                let Some(interaction) = self.interactions.next() else { break };
                for call in interaction.draw(&world, self.seed) {
                    self.send(call);
                }
            } else if sms_at == Some(begins_at) {
                let Some((index, at)) = self.sms.next() else { break };
                self.send_sms(&sms::draw_sms(&world, self.seed, index, at));
            } else if let Some((index, at)) = self.deliveries.next() {
                self.send_delivery(&deliveries::draw_delivery(&world, self.seed, index, at));
            }
        }
        let Reverse(InFlight { message, .. }) = self.in_flight.pop()?;
        self.totals.count_message(message.kind);
        Some(message)
    }
}
