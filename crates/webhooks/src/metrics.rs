//! What is counted of deliveries.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::attempt::Attempt;

const ATTEMPTS: &str = "callhouse_webhook_attempts_total";
const ATTEMPT_SECONDS: &str = "callhouse_webhook_attempt_seconds";
const WAIT_SECONDS: &str = "callhouse_webhook_first_try_seconds";
const GIVEN_UP: &str = "callhouse_webhook_given_up_total";
const DISABLED: &str = "callhouse_webhook_hooks_disabled_total";
const DROPPED: &str = "callhouse_webhook_dropped_total";
const QUEUED: &str = "callhouse_webhook_queued";
const PARKED: &str = "callhouse_webhook_parked";
const IN_FLIGHT: &str = "callhouse_webhook_in_flight";

/// Describes all metrics of deliveries.
pub fn describe() {
    describe_counter!(ATTEMPTS, "Attempts to deliver a webhook, by how they ended");
    describe_histogram!(ATTEMPT_SECONDS, Unit::Seconds, "From the connection to the end of the reply");
    describe_histogram!(WAIT_SECONDS, Unit::Seconds, "From the queue to the first try");
    describe_counter!(GIVEN_UP, "Deliveries whose last try failed");
    describe_counter!(DISABLED, "Hooks disabled because nothing could be delivered for long");
    describe_counter!(
        DROPPED,
        "Deliveries with nothing to send: the call went the other way, or was never known"
    );
    describe_gauge!(QUEUED, "Deliveries in the queue");
    describe_gauge!(PARKED, "Those of them that wait for their hook to be enabled, or for another delivery");
    describe_gauge!(IN_FLIGHT, "Deliveries claimed and not yet recorded");
}

pub(crate) fn attempted(attempt: &Attempt) {
    counter!(ATTEMPTS, "status" => attempt.reply.status.as_str()).increment(1);
    histogram!(ATTEMPT_SECONDS).record(attempt.took.as_secs_f64());
    if attempt.claimed.number() == 0 {
        let waited = attempt.began_at.micros_since(attempt.claimed.queued_at);
        histogram!(WAIT_SECONDS)
            .record(Duration::from_micros(u64::try_from(waited).unwrap_or(0)).as_secs_f64());
    }
}

pub(crate) fn given_up() {
    counter!(GIVEN_UP).increment(1);
}

pub(crate) fn hook_disabled() {
    counter!(DISABLED).increment(1);
}

pub(crate) fn dropped() {
    counter!(DROPPED).increment(1);
}

pub(crate) fn in_flight(count: usize) {
    gauge!(IN_FLIGHT).set(approximately(i64::try_from(count).unwrap_or(i64::MAX)));
}

pub(crate) fn depth(queued: i64, parked: i64) {
    gauge!(QUEUED).set(approximately(queued));
    gauge!(PARKED).set(approximately(parked));
}

/// A gauge's form of a count: exact up to 2^53.
fn approximately(count: i64) -> f64 {
    count as f64
}
