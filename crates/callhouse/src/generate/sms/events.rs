//! From a text message to its events: CloudEvents in structured JSON.

use super::{End, Sender, Sms};
use crate::generate::call::Direction;
use crate::generate::events::{Envelope, Told};
use crate::generate::json::Object;

/// Writes the events of one message.
#[derive(Debug)]
pub(in crate::generate) struct SmsTeller<'c, 'w> {
    pub(in crate::generate) sms: &'c Sms<'w>,
    /// Tells the event ids of different sets apart.
    pub(in crate::generate) set: &'c str,
}

impl SmsTeller<'_, '_> {
    /// All events of the message in the order they happened, a stray report last.
    pub(in crate::generate) fn tell(&self) -> Vec<Told> {
        let sms = self.sms;
        if sms.direction == Direction::Inbound {
            return vec![self.event("received", 1, sms.created_at, self.message())];
        }
        let mut told = vec![self.event("created", 1, sms.created_at, self.message())];
        if let Some(queued_at) = sms.queued_at {
            let mut data = Object::new();
            data.optional_text("status", sms.is_queued_remotely.then_some("REMOTE_QUEUED"));
            told.push(self.event("queued", 1, queued_at, data));
        }
        if let Some(sent_at) = sms.sent_at {
            told.push(self.event("sent", 1, sent_at, Object::new()));
        }
        if let Some(ended_at) = sms.ended_at {
            told.extend(self.report(sms.end, 1, ended_at));
        }
        if let Some(debit) = sms.debit {
            told.push(self.event("rated", 1, sms.sent_at.unwrap_or(sms.created_at) + 500, self.rated(debit)));
        }
        if let Some(stray) = sms.stray {
            told.extend(self.report(stray.end, 2, stray.at_ms));
        }
        told
    }

    /// A delivery report; `None` of what is no report.
    fn report(&self, end: End, number: u32, at_ms: i64) -> Option<Told> {
        let mut data = Object::new();
        let name = match end {
            End::Delivered => "delivered",
            End::Failed => {
                data.text("error_code", "27").text("status_error", "absent subscriber");
                "failed"
            }
            End::Unsendable => {
                data.text("status", "ERROR").text("status_error", "no route to destination");
                "failed"
            }
            End::Expired => "expired",
            End::Silence | End::Received => return None,
        };
        Some(self.event(name, number, at_ms, data))
    }

    fn event(&self, name: &str, number: u32, at_ms: i64, data: Object) -> Told {
        let sms = self.sms;
        let envelope = Envelope {
            // Calls have ids without the letter.
            id: &format!("{}-s{:x}-{name}-{number}", self.set, sms.index),
            source: &sms.trunk.source,
            event_type: &format!("sms.{name}"),
            account: &sms.account.name,
            subject: &sms.sms_id,
            time_ms: at_ms,
        };
        Told { at_ms, json: envelope.around(data) }
    }

    fn message(&self) -> Object {
        let sms = self.sms;
        let mut data = Object::new();
        data.text("direction", sms.direction.as_str());
        party(&mut data, "from", &sms.from);
        party(&mut data, "to", &sms.to);
        data.text("nature", sms.nature)
            .optional_text("user_data", sms.user_data.as_deref())
            .text("trunk", &sms.trunk.name)
            .text("text", &sms.text.body);
        if sms.is_flash {
            data.number("message_class", 0);
        }
        data
    }

    fn rated(&self, debit: i64) -> Object {
        let sms = self.sms;
        let mut data = Object::new();
        data.text("currency", "EUR")
            .money("debit", debit)
            .text("billing_mode", if sms.account.index.is_multiple_of(2) { "PREPAID" } else { "POSTPAID" })
            .text("cost_label", "SMS");
        if sms.states_parts() {
            data.number("parts", sms.text.parts())
                .text("encoding", if sms.text.is_unicode { "UNICODE" } else { "GSM" });
        }
        data
    }
}

fn party(data: &mut Object, name: &str, party: &Sender) {
    match party {
        Sender::Number(number) => data.phone(name, Some(*number)),
        Sender::Name(text) => data.text(name, text),
    };
}
