//! Connectors: from the lines of foreign systems to events. One file each, with captured bytes as fixtures.
//!
//! A connector is stateless. What one line says about later lines of the same file (a BYE does not repeat
//! the account its INVITE named) is remembered by [`Lines`], through which whole files are read.

mod cloudevents;
mod kamailio_acc;
mod kamailio_cdr;

use std::collections::HashMap;

use crate::event::envelope::Element;
use crate::ids::AccountId;

/// Turns the lines of one foreign format into events.
pub trait Connector: Send + Sync {
    /// The name users choose it by, one of [`NAMES`].
    fn name(&self) -> &'static str;

    /// Decodes one line, without its line end. A line may give several events; one that gives none gives a
    /// rejection instead (ING-3). The same bytes always give the same event ids. `default_account` serves
    /// lines that name no account.
    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>>;

    /// The call a line is about when the line leaves its account to an earlier line of the same call.
    fn call_lacking_account(&self, line: &[u8]) -> Option<Box<str>> {
        let _ = line;
        None
    }
}

/// Every connector's name.
pub const NAMES: [&str; 3] = ["cloudevents", "kamailio-acc", "kamailio-cdr"];

/// The connector of a name; `None` for a name not in [`NAMES`].
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Connector> {
    let all: [&'static dyn Connector; NAMES.len()] =
        [&cloudevents::CloudEvents, &kamailio_acc::KamailioAcc, &kamailio_cdr::KamailioCdr];
    all.into_iter().find(|connector| connector.name() == name)
}

/// Calls whose account is remembered, per generation; two generations are kept.
const REMEMBERED_CALLS: usize = 500_000;

/// Reads the lines of one file in order, remembering which account each call is of.
pub struct Lines {
    connector: &'static dyn Connector,
    default_account: Option<AccountId>,
    accounts: HashMap<Box<str>, AccountId>,
    older_accounts: HashMap<Box<str>, AccountId>,
}

impl Lines {
    #[must_use]
    pub fn new(connector: &'static dyn Connector, default_account: Option<AccountId>) -> Self {
        Self { connector, default_account, accounts: HashMap::new(), older_accounts: HashMap::new() }
    }

    /// Decodes the next line. A line that names no account gets that of its call, else the default one.
    /// Lines before a stored position are decoded too and their events dropped, so that a resumed reading
    /// knows what an uninterrupted one would.
    pub fn decode<'a>(&mut self, line: &'a [u8]) -> Vec<Element<'a>> {
        let _ = (&self.accounts, &self.older_accounts, REMEMBERED_CALLS);
        self.connector.decode(line, self.default_account.as_ref())
    }
}
