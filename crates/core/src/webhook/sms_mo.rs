//! `sms.mo`.

use super::{Once, Trigger};
use crate::event::SmsEventType;
use crate::event::call::Direction;

pub(super) const TRIGGER: Trigger = Trigger {
    name: "sms.mo",
    description: "an inbound text message was received; data is an SMS",
    fires: |event_type, direction| {
        event_type == SmsEventType::Received.as_str() && direction != Some(Direction::Outbound)
    },
    once: Once::ForSubject,
};
