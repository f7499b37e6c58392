//! Connectors: from the lines of foreign systems to events. One file each, with captured bytes as fixtures.
//!
//! A connector is stateless. What one line says about later lines of the same file (a BYE does not repeat
//! the account its INVITE named) is remembered by [`Lines`], through which whole files are read.

mod cloudevents;
mod kamailio_acc;
mod kamailio_cdr;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::event::Event;
use crate::event::MAX_SUBJECT_BYTES;
use crate::event::envelope::Element;
use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};

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
        let lacking = self.connector.call_lacking_account(line);
        let remembered = lacking.and_then(|call_id| self.account_of(&call_id));
        let account = remembered.as_ref().or(self.default_account.as_ref());
        let elements = self.connector.decode(line, account);
        for element in &elements {
            if let Ok(event) = &element.outcome {
                self.remember(event);
            }
        }
        elements
    }

    fn account_of(&self, call_id: &str) -> Option<AccountId> {
        self.accounts.get(call_id).or_else(|| self.older_accounts.get(call_id)).cloned()
    }

    fn remember(&mut self, event: &Event) {
        if self.accounts.contains_key(&event.subject) {
            return;
        }
        if self.accounts.len() >= REMEMBERED_CALLS {
            self.older_accounts = std::mem::take(&mut self.accounts);
        }
        self.accounts.insert(event.subject.clone(), event.account.clone());
    }
}

/// An event id that follows from a line's bytes, so that reading a line again states nothing new. `part` tells
/// the events of one line apart.
fn line_event_id(line: &[u8], part: &str) -> String {
    use std::fmt::Write;

    let digest = Sha256::digest(line);
    let mut id = String::with_capacity(48);
    for byte in digest.iter().take(16) {
        write!(id, "{byte:02x}").expect("writing to a string does not fail");
    }
    id.push('-');
    id.push_str(part);
    id
}

/// The account a line names, else the default one.
fn account_or(named: &str, default_account: Option<&AccountId>) -> Result<AccountId, Rejection> {
    match (named, default_account) {
        ("", Some(account)) => Ok(account.clone()),
        ("", None) => Err(Rejection::new(RejectionReason::MissingField, "account")),
        (named, _) => AccountId::new(named)
            .map_err(|fault| Rejection::new(RejectionReason::InvalidValue, format!("account: {fault}"))),
    }
}

/// A value that is there and not empty.
fn stated(value: &str) -> Option<Box<str>> {
    (!value.is_empty()).then(|| value.into())
}

/// The text of a line that is not blank.
fn line_text(line: &[u8]) -> Result<&str, Rejection> {
    let text = std::str::from_utf8(line)
        .map_err(|error| Rejection::new(RejectionReason::InvalidUtf8, error.to_string()))?
        .trim();
    if text.is_empty() {
        return Err(Rejection::new(RejectionReason::Empty, "the line is blank"));
    }
    Ok(text)
}

/// The id of a call as a line states it, checked like a CloudEvents subject.
fn checked_call_id<'t>(field: &str, call_id: &'t str) -> Result<&'t str, Rejection> {
    if call_id.is_empty() {
        return Err(Rejection::new(RejectionReason::MissingField, field));
    }
    if call_id.len() > MAX_SUBJECT_BYTES {
        let detail = format!("{field}: {} bytes, at most {MAX_SUBJECT_BYTES} are allowed", call_id.len());
        return Err(Rejection::new(RejectionReason::InvalidValue, detail));
    }
    Ok(call_id)
}

/// The elements of a line: its events, or the one reason why it has none.
fn elements(line: &[u8], outcome: Result<Vec<Event>, Rejection>) -> Vec<Element<'_>> {
    match outcome {
        Ok(events) => events.into_iter().map(|event| Element { outcome: Ok(event), bytes: line }).collect(),
        Err(rejection) => vec![Element { outcome: Err(rejection), bytes: line }],
    }
}

#[cfg(test)]
mod tests;
