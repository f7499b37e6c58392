//! CloudEvents as JSON lines: one structured event or one batch a line.

use crate::connector::Connector;
use crate::event::envelope::{self, Element, Incoming};
use crate::ids::AccountId;

pub(super) struct CloudEvents;

impl Connector for CloudEvents {
    fn name(&self) -> &'static str {
        "cloudevents"
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        let _ = default_account;
        envelope::decode(Incoming { headers: &[], payload: line })
    }
}
