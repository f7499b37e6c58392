//! CALLR's `Webhook` object.

use callhouse_lake::webhooks::Subscription;
use serde::Serialize;

use crate::callr::format::datetime_ms;

/// What stands for a secret, which is not shown again.
const HIDDEN: &str = "********";

#[derive(Serialize)]
pub(super) struct Webhook<'a> {
    created_at: String,
    endpoint: &'a str,
    hash: &'a str,
    options: Options,
    status: &'static str,
    #[serde(rename = "type")]
    webhook_type: &'a str,
    updated_at: String,
}

#[derive(Serialize)]
struct Options {
    format: &'static str,
    hmac_algo: Option<&'static str>,
    hmac_secret: Option<&'static str>,
}

impl<'a> From<&'a Subscription> for Webhook<'a> {
    fn from(hook: &'a Subscription) -> Self {
        let signing = hook.signing.as_ref();
        Self {
            created_at: datetime_ms(hook.created_at),
            endpoint: &hook.endpoint,
            hash: &hook.hash,
            options: Options {
                format: super::options::FORMAT,
                hmac_algo: signing.map(|signing| signing.algorithm.as_str()),
                hmac_secret: signing.map(|_| HIDDEN),
            },
            status: hook.status.as_str(),
            webhook_type: &hook.webhook_type,
            updated_at: datetime_ms(hook.updated_at),
        }
    }
}
