//! Connectors: from the lines of foreign systems to events. One file each, with captured bytes as fixtures.
//!
//! A connector is stateless. What one line says about later lines of the same file (a BYE does not repeat
//! the account its INVITE named) is remembered by [`LineAccounts`], which whoever reads a file asks line by line.

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

    /// The call a line is about and the account it names for it, in formats where one line of a call may leave its
    /// account to an earlier one. `None` for lines that stand alone.
    fn call_and_account(&self, line: &[u8]) -> Option<(Box<str>, Option<AccountId>)> {
        let _ = line;
        None
    }
}

/// The name of the connector that reads events as they are.
pub const CLOUDEVENTS: &str = "cloudevents";

/// Every connector's name.
pub const NAMES: [&str; 3] = [CLOUDEVENTS, "kamailio-acc", "kamailio-cdr"];

/// The connector of a name; `None` for a name not in [`NAMES`].
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Connector> {
    let all: [&'static dyn Connector; NAMES.len()] =
        [&cloudevents::CloudEvents, &kamailio_acc::KamailioAcc, &kamailio_cdr::KamailioCdr];
    all.into_iter().find(|connector| connector.name() == name)
}

/// Calls whose account is remembered, per generation; two generations are kept.
const REMEMBERED_CALLS: usize = 500_000;

/// Finds the default account of each line of one file: that of the line's call where an earlier line named it, else
/// the one of the whole file.
///
/// It has to see every line from the first one on, also those before a position from which reading goes on, so
/// that a resumed reading finds what an uninterrupted one does.
pub struct LineAccounts {
    connector: Option<&'static dyn Connector>,
    of_file: Option<AccountId>,
    recent: HashMap<Box<str>, AccountId>,
    older: HashMap<Box<str>, AccountId>,
}

impl LineAccounts {
    /// For the lines of a file in the format of that name; without a connector of that name every line stands alone.
    #[must_use]
    pub fn new(format: &str, of_file: Option<AccountId>) -> Self {
        Self { connector: by_name(format), of_file, recent: HashMap::new(), older: HashMap::new() }
    }

    /// The default account with which the next line is to be decoded.
    pub fn of_next(&mut self, line: &[u8]) -> Option<AccountId> {
        match self.connector.and_then(|connector| connector.call_and_account(line)) {
            Some((call_id, Some(account))) => {
                self.remember(call_id, account);
                self.of_file.clone()
            }
            Some((call_id, None)) => {
                let named = self.recent.get(&call_id).or_else(|| self.older.get(&call_id));
                named.or(self.of_file.as_ref()).cloned()
            }
            None => self.of_file.clone(),
        }
    }

    fn remember(&mut self, call_id: Box<str>, account: AccountId) {
        if self.recent.len() >= REMEMBERED_CALLS {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(call_id, account);
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
