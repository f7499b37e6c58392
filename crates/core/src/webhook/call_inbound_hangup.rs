//! `call.inbound_hangup`.

use super::{Once, Trigger};
use crate::event::call::{CallEventType, Direction};

pub(super) const TRIGGER: Trigger = Trigger {
    name: "call.inbound_hangup",
    description: "an inbound call was hung up; data is a CDR.In",
    fires: |event_type, direction| is_hangup(event_type) && direction != Some(Direction::Outbound),
    once: Once::ForSubject,
};

/// A switch's own record of a call comes when the call is over.
pub(super) fn is_hangup(event_type: &str) -> bool {
    [CallEventType::Ended.as_str(), CallEventType::DetailRecorded.as_str()].contains(&event_type)
}
