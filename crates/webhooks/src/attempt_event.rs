//! `webhook.delivery_attempted`: an attempt as an event of the log, in the form any producer of such logs may send.

use std::collections::BTreeMap;

use callhouse_core::Timestamp;
use callhouse_log::Append;
use serde::Serialize;
use uuid::Uuid;

use crate::attempt::Attempt;

/// The CloudEvents source of callhouse's own attempts.
const SOURCE: &str = "callhouse/webhooks";

#[derive(Serialize)]
struct Event<'a> {
    specversion: &'static str,
    id: String,
    source: &'static str,
    #[serde(rename = "type")]
    event_type: &'static str,
    account: &'a str,
    subject: &'a str,
    time: String,
    data: Data<'a>,
}

/// `schemas/events/webhook.delivery_attempted.v1.toml`.
#[derive(Serialize)]
struct Data<'a> {
    event_type: &'a str,
    event_at: String,
    about: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_hash: Option<&'a str>,
    endpoint: &'a str,
    #[serde(rename = "try")]
    number: i64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    duration_ms: u64,
    request_headers: BTreeMap<&'static str, &'a str>,
    request_body: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    response_body: &'a str,
}

/// The message that records an attempt.
pub(crate) fn message(attempt: &Attempt) -> Append {
    let Attempt { claimed, request, reply, began_at, took } = attempt;
    let event = Event {
        specversion: "1.0",
        id: Uuid::now_v7().to_string(),
        source: SOURCE,
        event_type: "webhook.delivery_attempted",
        account: claimed.account.as_str(),
        subject: &claimed.event_id,
        time: began_at.to_rfc3339(),
        data: Data {
            event_type: &claimed.webhook_type,
            event_at: Timestamp::to_rfc3339(claimed.event_at),
            about: &claimed.subject,
            hook_hash: claimed.hook.as_ref().map(|hook| &*hook.hash),
            endpoint: &claimed.endpoint,
            number: claimed.number(),
            status: reply.status.as_str(),
            http_code: reply.http_code,
            failure: reply.detail.as_deref(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            request_headers: request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            request_body: std::str::from_utf8(&request.body).unwrap_or_default(),
            response_body: &reply.excerpt,
        },
    };
    let payload = serde_json::to_vec(&event).expect("text, numbers and text keys always serialise");
    Append {
        key: format!("{}/{}", claimed.account, claimed.event_id).into(),
        headers: vec![("content-type".into(), b"application/cloudevents+json".as_slice().into())],
        payload: payload.into(),
    }
}
