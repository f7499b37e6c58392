//! The body of a delivery: CALLR's `Webhook.Event`, members in the order of its documentation.
//!
//! Compact JSON as JavaScript's `JSON.stringify` writes it, because some receivers check the signature of what they parsed
//! and wrote again: no spaces, `/` not escaped, text as UTF-8.

use callhouse_core::Timestamp;
use callhouse_lake::webhooks::Claimed;
use serde::Serialize;
use serde_json::value::RawValue;

/// A webhook event.
#[derive(Serialize)]
struct Event<'a> {
    event_at: String,
    event_id: &'a str,
    hook_hash: Option<&'a str>,
    #[serde(rename = "try")]
    number: i64,
    #[serde(rename = "type")]
    webhook_type: &'a str,
    data: &'a RawValue,
}

/// The body of one try. Tries of one event differ in `try` alone.
///
/// # Errors
/// When the data is no JSON.
pub(crate) fn body(claimed: &Claimed, data: &str) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Event {
        event_at: datetime_ms_iso(claimed.event_at),
        event_id: &claimed.event_id,
        hook_hash: claimed.hook.as_ref().map(|hook| &*hook.hash),
        number: claimed.number(),
        webhook_type: &claimed.webhook_type,
        data: serde_json::from_str(data)?,
    })
}

/// CALLR's `datetime_ms_iso`: `2016-05-04T12:29:32.340Z`.
fn datetime_ms_iso(at: Timestamp) -> String {
    at.to_datetime()
        .map_or_else(|| at.to_rfc3339(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use callhouse_core::AccountId;
    use callhouse_lake::webhooks::{HookStatus, Subscription};

    use super::*;

    fn claimed(hook: Option<Arc<Subscription>>) -> Claimed {
        Claimed {
            id: 1,
            tries: 3,
            event_id: "0123456789abcdefghijklmnopqrstuv".into(),
            account: AccountId::new("acme").expect("valid"),
            hook,
            webhook_type: "call.inbound_start".into(),
            subject: "c1".into(),
            event_at: Timestamp(1_462_364_972_340_999),
            queued_at: Timestamp(0),
            lane: 0,
            endpoint: "http://example.com/".into(),
            signing: None,
            data: None,
        }
    }

    #[test]
    fn a_body_has_the_members_of_the_documentation_in_its_order() {
        let hook = Subscription {
            hash: "8242D945".into(),
            account: AccountId::new("acme").expect("valid"),
            webhook_type: "call.inbound_start".into(),
            endpoint: "http://example.com/".into(),
            signing: None,
            status: HookStatus::Enabled,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            failing_since: None,
        };
        let body = body(&claimed(Some(Arc::new(hook))), r#"{"a":"é/\"","b":null}"#).expect("JSON");
        assert_eq!(
            String::from_utf8(body).expect("UTF-8"),
            r#"{"event_at":"2016-05-04T12:29:32.340Z","event_id":"0123456789abcdefghijklmnopqrstuv","hook_hash":"8242D945","try":2,"type":"call.inbound_start","data":{"a":"é/\"","b":null}}"#
        );
    }

    #[test]
    fn a_dynamic_webhook_has_no_hash() {
        let body = body(&claimed(None), "{}").expect("JSON");
        assert!(String::from_utf8(body).expect("UTF-8").contains(r#""hook_hash":null,"#));
    }
}
