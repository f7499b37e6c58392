//! What webhook events say: `data` made from the records of an account as they are now.

mod call;

use callhouse_core::AccountId;
use callhouse_query::Engine;

use crate::callr::error::Error;

/// What an event is about.
#[derive(Debug, Clone, Copy)]
pub struct WebhookSubject<'a> {
    pub account: &'a AccountId,
    pub webhook_type: &'a str,
    /// The source's id of the call.
    pub id: &'a str,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookData {
    /// Compact JSON.
    Data(String),
    /// The direction of the call is not known yet.
    NotYet,
    /// The call went the other way.
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
    call::data(engine, subjects).await.map_err(|error| WebhookDataError { source: cause(error) })
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
