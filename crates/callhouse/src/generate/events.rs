//! From a call to its messages: CloudEvents in structured JSON.

use callhouse_core::Timestamp;

use super::call::Call;
use super::faults::Clock;
use super::json::Object;
use super::rating::Rating;

/// An event of a call as it goes on the wire.
#[derive(Debug)]
pub(super) struct Told {
    /// When it truly happened, in milliseconds since the Unix epoch.
    pub(super) at_ms: i64,
    pub(super) json: String,
}

/// What every event has around its data.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) id: &'a str,
    pub(super) source: &'a str,
    pub(super) event_type: &'a str,
    pub(super) account: &'a str,
    pub(super) subject: &'a str,
    /// Milliseconds since the Unix epoch, as the clock of the source shows them.
    pub(super) time_ms: i64,
}

impl Envelope<'_> {
    /// The event as JSON.
    pub(super) fn around(&self, data: Object) -> String {
        let mut event = Object::new();
        event
            .text("specversion", "1.0")
            .text("id", self.id)
            .text("source", self.source)
            .text("type", self.event_type)
            .text("account", self.account)
            .text("subject", self.subject)
            .text("time", &Timestamp::from_millis(self.time_ms).to_rfc3339())
            .text("datacontenttype", "application/json")
            .object("data", data);
        event.finish()
    }
}

/// A later word on what a call costs.
#[derive(Debug)]
pub(super) struct Correction {
    pub(super) at_ms: i64,
    pub(super) rating: Rating,
    /// As `call.corrected`; else as a second `call.rated`.
    pub(super) as_correction: bool,
}

/// Writes the events of one call.
#[derive(Debug)]
pub(super) struct Teller<'c, 'w> {
    pub(super) call: &'c Call<'w>,
    pub(super) clock: Clock,
    /// Tells the event ids of different sets apart.
    pub(super) set: &'c str,
}

impl Teller<'_, '_> {
    /// All events of the call in the order they happened, the correction last.
    pub(super) fn tell(&self, correction: Option<&Correction>) -> Vec<Told> {
        let call = self.call;
        let mut told = vec![self.event("started", call.started_at, self.started())];
        if let Some(ringing_at) = call.ringing_at {
            told.push(self.event("ringing", ringing_at, Object::new()));
        }
        if let Some(answered_at) = call.answered_at {
            told.push(self.event("answered", answered_at, self.answered()));
        }
        if let Some(ended_at) = call.ended_at {
            told.push(self.event("ended", ended_at, self.ended()));
        }
        if let (Some(rating), Some(rated_at)) = (&call.rating, call.rated_at()) {
            told.push(self.event("rated", rated_at, rated(rating)));
        }
        if let Some(correction) = correction {
            let mut data = rated(&correction.rating);
            if correction.as_correction {
                data.text("reason", "tariff was loaded late");
            }
            let name = if correction.as_correction { "corrected" } else { "rated" };
            told.push(self.numbered_event(name, 2, correction.at_ms, data));
        }
        told
    }

    fn event(&self, name: &str, at_ms: i64, data: Object) -> Told {
        self.numbered_event(name, 1, at_ms, data)
    }

    fn numbered_event(&self, name: &str, number: u32, at_ms: i64, data: Object) -> Told {
        let call = self.call;
        let envelope = Envelope {
            id: &format!("{}-{:x}-{name}-{number}", self.set, call.index),
            source: &call.trunk.source,
            event_type: &format!("call.{name}"),
            account: &call.account.name,
            subject: &call.call_id,
            time_ms: self.clock.shows(at_ms),
        };
        Told { at_ms, json: envelope.around(data) }
    }

    fn started(&self) -> Object {
        let call = self.call;
        let did = call.told_did();
        let mut data = Object::new();
        data.text("direction", call.direction.as_str())
            .phone("from", call.from)
            .phone("to", Some(call.to))
            .text("from_presentation", if call.from_prohibited { "prohibited" } else { "allowed" })
            .optional_text("did_hash", did.map(|did| did.hash.as_str()));
        if let Some(did) = did {
            data.phone("did_number", Some(did.number));
        }
        data.optional_text("app_hash", call.app.map(|app| app.hash.as_str()))
            .optional_text("app_name", call.app.map(|app| app.name.as_str()))
            .optional_text("app_package", call.app.map(|app| app.package))
            .optional_text("customer_field", call.customer_field.as_deref())
            .optional_text("parent_call_id", call.parent.as_deref())
            .optional_text("group_id", call.group.as_deref())
            .text("trunk", &call.trunk.name)
            .text("source_ip", &call.trunk.ip);
        data
    }

    fn answered(&self) -> Object {
        let mut data = Object::new();
        data.optional_text("answered_by", self.call.answered_by());
        data
    }

    fn ended(&self) -> Object {
        let call = self.call;
        let mut data = Object::new();
        data.number("release_cause", i64::from(call.outcome.release_cause))
            .text("release_source", call.release_source)
            .number("sip_status", i64::from(call.outcome.sip_status))
            .text("dial_status", call.outcome.dial_status)
            .text("release_reason", call.outcome.release_reason);
        if let Some(quality) = &call.quality {
            data.text("codec", quality.codec)
                .number("mos_milli", quality.mos_milli)
                .number("jitter_ms", quality.jitter_ms)
                .number("round_trip_ms", quality.round_trip_ms)
                .number("packets_lost", quality.packets_lost);
        }
        data
    }
}

fn rated(rating: &Rating) -> Object {
    let mut data = Object::new();
    data.text("currency", "EUR")
        .money("debit", rating.debit)
        .money("credit", rating.credit)
        .number("billed_seconds", rating.billed_seconds)
        .text("cost_label", &rating.cost_label);
    data
}
