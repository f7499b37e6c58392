//! `call.inbound_start`.

use super::{Once, Trigger};
use crate::event::call::{CallEventType, Direction};

pub(super) const TRIGGER: Trigger = Trigger {
    name: "call.inbound_start",
    description: "an inbound call has started; data is a CDR.In without an answer and an end",
    fires: |event_type, direction| {
        event_type == CallEventType::Started.as_str() && direction != Some(Direction::Outbound)
    },
    once: Once::ForSubject,
};
