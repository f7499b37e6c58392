//! Kamailio acc lines.

use crate::connector::Connector;
use crate::event::envelope::Element;
use crate::ids::AccountId;

pub(super) struct KamailioAcc;

impl Connector for KamailioAcc {
    fn name(&self) -> &'static str {
        "kamailio-acc"
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        let _ = (line, default_account);
        Vec::new()
    }
}
