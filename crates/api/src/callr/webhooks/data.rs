//! What webhook events say: `data` made from the records of an account as they are now. One file for each family.

mod call;
mod found;
mod sms;

use callhouse_core::AccountId;
use callhouse_query::Engine;

use crate::callr::error::Error;

/// What an event is about.
#[derive(Debug, Clone, Copy)]
pub struct WebhookSubject<'a> {
    pub account: &'a AccountId,
    pub webhook_type: &'a str,
    /// The source's id of the call or message.
    pub id: &'a str,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookData {
    /// Compact JSON.
    Data(String),
    /// The direction of the call or message is not known yet.
    NotYet,
    /// The call or message went the other way.
    Nothing,
}

/// The data of a subject could not be made.
#[derive(Debug, thiserror::Error)]
#[error("reading the records of webhook events failed")]
pub struct WebhookDataError {
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The data of each subject, in their order. A subject's record is looked up among those of its account only (TEN-1).
///
/// # Errors
/// [`WebhookDataError`] when the lake cannot be read.
pub async fn webhook_data(
    engine: &Engine,
    subjects: &[WebhookSubject<'_>],
) -> Result<Vec<WebhookData>, WebhookDataError> {
    let is_sms = |subject: &WebhookSubject<'_>| subject.webhook_type.starts_with(sms::PREFIX);
    let (of_sms, of_calls): (Vec<WebhookSubject<'_>>, Vec<_>) = subjects.iter().partition(|one| is_sms(one));
    let failed = |error| WebhookDataError { source: cause(error) };
    let mut calls = call::data(engine, &of_calls).await.map_err(failed)?.into_iter();
    let mut messages = sms::data(engine, &of_sms).await.map_err(failed)?.into_iter();
    let in_order = subjects.iter().map(|one| if is_sms(one) { messages.next() } else { calls.next() });
    // Each has as many data as subjects.
    Ok(in_order.map(|data| data.unwrap_or(WebhookData::NotYet)).collect())
}

fn cause(error: Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        Error::Query(source) => source.into(),
        Error::Lake(source) => source.into(),
        Error::Column(source) => source.into(),
        Error::Encode(source) => source.into(),
        refused => refused.message().into(),
    }
}
