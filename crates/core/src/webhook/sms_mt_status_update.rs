//! `sms.mt.status_update`.

use super::{Once, Trigger};
use crate::event::SmsEventType;
use crate::event::call::Direction;

/// The steps that give an outbound message another status than the one it was made with.
const STEPS: [SmsEventType; 5] = [
    SmsEventType::Queued,
    SmsEventType::Sent,
    SmsEventType::Delivered,
    SmsEventType::Failed,
    SmsEventType::Expired,
];

pub(super) const TRIGGER: Trigger = Trigger {
    name: "sms.mt.status_update",
    description: "the status of an outbound text message has changed; data is an SMS",
    fires: |event_type, direction| {
        STEPS.iter().any(|step| step.as_str() == event_type) && direction != Some(Direction::Inbound)
    },
    once: Once::ForEvent,
};
