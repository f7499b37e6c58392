//! How a message is read: as its headers say, or as the event it is.

use callhouse_core::event::envelope::{self, Element, Incoming, UsualEvent};
use callhouse_core::{Rejection, RejectionReason, connector};
use callhouse_log::Message;

use crate::headers::{FORMAT_HEADER, Instructions};

/// The event of a message that is one structured event of the usual form.
pub(super) fn usual_event<'a>(
    message: &'a Message,
    instructions: &'a Instructions<'_>,
) -> Option<UsualEvent<'a>> {
    let payload = &message.payload;
    match instructions.format {
        None => UsualEvent::read(Incoming { headers: &message.headers, payload }, None),
        Some(connector::CLOUDEVENTS) => {
            UsualEvent::read(Incoming { headers: &[], payload }, instructions.default_account.as_ref())
        }
        Some(_) => None,
    }
}

/// What a message holds, read the general way.
pub(super) fn elements<'a>(message: &'a Message, instructions: &Instructions<'_>) -> Vec<Element<'a>> {
    let Some(format) = instructions.format else {
        return envelope::decode(Incoming { headers: &message.headers, payload: &message.payload });
    };
    match connector::by_name(format) {
        Some(connector) => connector.decode(&message.payload, instructions.default_account.as_ref()),
        None => {
            let detail = format!("header {} names no format: {format:?}", FORMAT_HEADER);
            let rejection = Rejection::new(RejectionReason::InvalidValue, detail);
            vec![Element { outcome: Err(rejection), bytes: &message.payload }]
        }
    }
}
