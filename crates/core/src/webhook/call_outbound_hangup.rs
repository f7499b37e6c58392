//! `call.outbound_hangup`.

use super::call_inbound_hangup::is_hangup;
use super::{Once, Trigger};
use crate::event::call::Direction;

pub(super) const TRIGGER: Trigger = Trigger {
    name: "call.outbound_hangup",
    description: "an outbound call was hung up; data is a CDR.Out",
    fires: |event_type, direction| is_hangup(event_type) && direction != Some(Direction::Inbound),
    once: Once::ForSubject,
};
