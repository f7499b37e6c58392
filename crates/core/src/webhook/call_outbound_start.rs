//! `call.outbound_start`.

use super::{Once, Trigger};
use crate::event::call::{CallEventType, Direction};

pub(super) const TRIGGER: Trigger = Trigger {
    name: "call.outbound_start",
    description: "an outbound call has started; data is a CDR.Out without an answer and an end",
    fires: |event_type, direction| {
        event_type == CallEventType::Started.as_str() && direction != Some(Direction::Inbound)
    },
    once: Once::ForSubject,
};
