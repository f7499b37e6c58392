//! Kamailio cdr lines.

use crate::connector::Connector;
use crate::event::envelope::Element;
use crate::ids::AccountId;

pub(super) struct KamailioCdr;

impl Connector for KamailioCdr {
    fn name(&self) -> &'static str {
        "kamailio-cdr"
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        let _ = (line, default_account);
        Vec::new()
    }
}
