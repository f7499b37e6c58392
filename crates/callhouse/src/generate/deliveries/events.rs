//! From a delivery to the events of its attempts: CloudEvents in structured JSON.

use callhouse_core::Timestamp;

use super::super::events::{Envelope, Told};
use super::super::json::Object;
use super::{Attempt, Delivery, Outcome};

/// The system whose log this is.
const SOURCE: &str = "/webhooks/gateway-1";

/// Writes the events of one delivery.
#[derive(Debug)]
pub(in crate::generate) struct AttemptTeller<'c, 'w> {
    pub(in crate::generate) delivery: &'c Delivery<'w>,
    /// Tells the event ids of different sets apart.
    pub(in crate::generate) set: &'c str,
}

impl AttemptTeller<'_, '_> {
    /// An event an attempt, in their order. Each is told when its attempt has ended.
    pub(in crate::generate) fn tell(&self) -> Vec<Told> {
        let attempts = self.delivery.attempts.iter().zip(0..);
        attempts.map(|(attempt, number)| self.event(attempt, number)).collect()
    }

    fn event(&self, attempt: &Attempt, number: i64) -> Told {
        let delivery = self.delivery;
        let envelope = Envelope {
            id: &format!("{}-d{:x}-{number}", self.set, delivery.index),
            source: SOURCE,
            event_type: "webhook.delivery_attempted",
            account: &delivery.account.name,
            subject: &delivery.event_id,
            time_ms: attempt.at_ms,
        };
        Told { at_ms: attempt.at_ms + attempt.duration_ms, json: envelope.around(self.data(attempt, number)) }
    }

    fn data(&self, attempt: &Attempt, number: i64) -> Object {
        let delivery = self.delivery;
        let mut headers = Object::new();
        headers.text("content-type", "application/json; charset=utf-8").text("user-agent", "gateway/1");
        let mut data = Object::new();
        data.text("event_type", delivery.event_type)
            .text("event_at", &Timestamp::from_millis(delivery.event_at).to_rfc3339())
            .text("about", &delivery.about)
            .text("hook_hash", &delivery.endpoint.hook_hash)
            .text("endpoint", &delivery.endpoint.url)
            .number("try", number)
            .number("duration_ms", attempt.duration_ms)
            .object("request_headers", headers)
            .text("request_body", &self.body(number));
        match attempt.outcome {
            Outcome::Taken(code) => {
                data.text("status", "SUCCESS").number("http_code", code).text("response_body", "ok");
            }
            Outcome::Refused(code) => {
                data.text("status", "HTTP_ERROR")
                    .number("http_code", code)
                    .text("failure", &format!("the endpoint answered {code}"))
                    .text("response_body", "<html>\u{2620}</html>");
            }
            Outcome::Timeout => {
                data.text("status", "TIMEOUT").text("failure", "no whole reply within 10000 ms");
            }
            Outcome::NoConnection => {
                data.text("status", "CONNECTION_ERROR").text("failure", "connection refused");
            }
        }
        data
    }

    /// What was sent.
    fn body(&self, number: i64) -> String {
        let delivery = self.delivery;
        let mut call = Object::new();
        call.text("hash", &delivery.about);
        let mut body = Object::new();
        body.text("type", delivery.event_type)
            .text("event_id", &delivery.event_id)
            .number("try", number)
            .object("data", call);
        body.finish()
    }
}
