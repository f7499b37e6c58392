//! Dynamic webhooks: an endpoint given with a job or a message instead of subscribed to.

use serde::{Deserialize, Serialize};

use super::{Endpoint, SealedSigning};

/// Where to announce one thing, beside the account's subscriptions. Its serialised form holds no usable secret, so it
/// can be stored with the job it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dynamic {
    pub endpoint: Endpoint,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signing: Option<SealedSigning>,
}
