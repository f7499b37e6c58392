//! What will become of each element, as far as this door can tell: decoded, then checked against who sent it.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::HeaderMap;
use callhouse_core::event::envelope::{Incoming, decode};
use callhouse_core::{AccountId, Event, Rejection, RejectionReason, Timestamp};
use callhouse_lake::accounts::{AccountDirectory, Principal};
use callhouse_log::Append;
use callhouse_log::message::Header;

use crate::credentials;
use crate::ingest::answer::Answer;
use crate::ingest::split::{Elements, split};
use crate::status::Problem;

/// The header that tells ingest which account's credentials sent a message.
const ACCOUNT_HEADER: &str = "callhouse-account";

/// A larger event is rejected; ingest's own default.
const MAX_EVENT_BYTES: usize = 4 << 20;

/// The elements of a request and what each became.
pub(super) struct Checked {
    headers: Vec<Header>,
    elements: Vec<Element>,
}

struct Element {
    payload: Bytes,
    outcome: Result<Key, Rejection>,
}

/// What an accepted event is about; the key of its message.
struct Key {
    account: AccountId,
    subject: Box<str>,
}

/// Splits and decodes a body. Blocking: up to 10 MB of JSON.
///
/// # Errors
/// As [`split`]; nothing of such a body can be kept apart.
pub(super) fn check(headers: &HeaderMap, body: &Bytes, received_at: Timestamp) -> Result<Checked, Problem> {
    let Elements { headers, payloads } = split(headers, body)?;
    let elements = payloads
        .into_iter()
        .map(|payload| Element { outcome: outcome(&headers, &payload, received_at), payload })
        .collect();
    Ok(Checked { headers, elements })
}

fn outcome(headers: &[Header], payload: &Bytes, received_at: Timestamp) -> Result<Key, Rejection> {
    if payload.len() > MAX_EVENT_BYTES {
        let detail = format!("the event has {} bytes, at most {MAX_EVENT_BYTES} are kept", payload.len());
        return Err(Rejection::new(RejectionReason::TooLarge, detail));
    }
    let mut key = Err(Rejection::new(RejectionReason::Empty, "the element holds no event"));
    for element in decode(Incoming { headers, payload }) {
        let event: Event = element.outcome?;
        event.check_time(received_at)?;
        key = Ok(Key { account: event.account, subject: event.subject });
    }
    key
}

impl Checked {
    /// Rejects events of accounts that the sender may not write for: others than its own and those below it.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the catalog cannot say.
    pub(super) async fn permit(
        &mut self,
        directory: &AccountDirectory,
        principal: &Principal,
    ) -> Result<(), Problem> {
        if principal.admin {
            return Ok(());
        }
        let foreign: BTreeSet<AccountId> = self
            .elements
            .iter()
            .filter_map(|element| element.outcome.as_ref().ok())
            .filter(|key| key.account != principal.account)
            .map(|key| key.account.clone())
            .collect();
        for account in foreign {
            let within = directory.within(&account, &principal.account).await;
            if !within.map_err(|error| credentials::no_answer(&error))? {
                self.forbid(&account, principal);
            }
        }
        Ok(())
    }

    fn forbid(&mut self, account: &AccountId, principal: &Principal) {
        let detail = format!("the credentials of {} may not write for {account}", principal.account);
        let rejection = Rejection::new(RejectionReason::ForbiddenAccount, detail);
        for element in &mut self.elements {
            if element.outcome.as_ref().is_ok_and(|key| key.account == *account) {
                element.outcome = Err(rejection.clone());
            }
        }
    }

    /// One message for every element, also for those that will be rejected (ING-3), and what to tell the producer.
    pub(super) fn into_messages(self, principal: &Principal) -> (Answer, Vec<Append>) {
        let mut answer = Answer::default();
        let mut headers = self.headers;
        if !principal.admin {
            headers.push((ACCOUNT_HEADER.into(), principal.account.as_str().as_bytes().into()));
        }
        let mut messages = Vec::with_capacity(self.elements.len());
        for (index, Element { payload, outcome }) in self.elements.into_iter().enumerate() {
            let key = match &outcome {
                Ok(Key { account, subject }) => format!("{account}/{subject}"),
                Err(_) => format!("{}/", principal.account),
            };
            answer.add(index, outcome.err());
            messages.push(Append { key: key.into(), headers: headers.clone(), payload });
        }
        (answer, messages)
    }
}
