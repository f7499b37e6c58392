//! CloudEvents as JSON lines: one structured event or one batch a line.

use crate::connector::{CLOUDEVENTS, Connector};
use crate::event::envelope::{self, Element, Incoming};
use crate::ids::AccountId;

pub(super) struct CloudEvents;

impl Connector for CloudEvents {
    fn name(&self) -> &'static str {
        CLOUDEVENTS
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        envelope::decode_for(Incoming { headers: &[], payload: line }, default_account)
    }
}
