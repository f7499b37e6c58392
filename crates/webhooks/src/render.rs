//! Making the `data` of webhook events. Who knows records and CALLR's objects implements it.

use async_trait::async_trait;
use callhouse_core::AccountId;

/// What the data of an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    pub account: AccountId,
    pub webhook_type: Box<str>,
    /// The source's id of the call, the id of the job, …
    pub id: Box<str>,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// Compact JSON.
    Data(String),
    /// Not enough is known yet to say whether and what to send, such as the direction of a call.
    NotYet,
    /// Such an event is not sent about this: the call went the other way.
    Nothing,
}

/// Why nothing could be made; it is asked again later.
#[derive(Debug, thiserror::Error)]
#[error("making the data of webhook events failed")]
pub struct RenderError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Makes data from records. The records of a subject are those of its account and no other (TEN-1).
#[async_trait]
pub trait Render: Send + Sync + 'static {
    /// The data of each subject, in their order.
    async fn render(&self, subjects: &[Subject]) -> Result<Vec<Rendered>, RenderError>;
}
