//! Kamailio's accounting of SIP transactions: JSON lines of the modules acc and acc_json.
//!
//! | line | events |
//! |---|---|
//! | INVITE 2xx | `call.started`, `call.answered` |
//! | INVITE 401, 407 | `call.started`: the caller is asked for credentials and tries again |
//! | INVITE otherwise | `call.started`, `call.ended` with that status |
//! | BYE | `call.ended`, normal clearing |
//! | another method | `kamailio.<method>`, kept with the events and read by no record |
//!
//! What to know of the format:
//! - `time` is the whole second of the final response, so the start of a call that rang long is stated too late. Where
//!   the connector `kamailio-cdr` reads the same calls, its instants win (authority, see `record/fold.rs`).
//! - `account` stands in the INVITE of the side that places the call, hence direction outbound.
//! - A BYE names no account; it gets that of its INVITE through `LineAccounts`. Who hung up is not
//!   told: that takes the tags of the INVITE.
//! - A failed call may be reported twice, byte for byte (transaction and missed call): same line, same event ids.
//! - A re-INVITE looks like an INVITE; account initial requests only, as Kamailio's own configuration does.

use std::borrow::Cow;

use serde::Deserialize;

use crate::connector::{Connector, account_or, checked_call_id, elements, line_event_id, line_text, stated};
use crate::event::call::{CallData, CallEventType, Direction};
use crate::event::envelope::Element;
use crate::event::{Event, Kind};
use crate::ids::AccountId;
use crate::rejection::{Rejection, RejectionReason};
use crate::time::Timestamp;

pub(super) struct KamailioAcc;

/// The source of the events of both Kamailio connectors.
pub(super) const SOURCE: &str = "kamailio";

#[derive(Deserialize)]
struct Line<'a> {
    /// Unix seconds.
    time: i64,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    callid: Cow<'a, str>,
    #[serde(borrow)]
    sip_code: Cow<'a, str>,
    #[serde(borrow, default)]
    sip_reason: Cow<'a, str>,
    #[serde(borrow, default)]
    src_user: Cow<'a, str>,
    #[serde(borrow, default)]
    src_ip: Cow<'a, str>,
    /// The user as dialled; `dst_user` is what routing made of it.
    #[serde(borrow, default)]
    dst_ouser: Cow<'a, str>,
    #[serde(borrow, default)]
    dst_user: Cow<'a, str>,
    #[serde(borrow, default)]
    account: Cow<'a, str>,
    #[serde(borrow, default)]
    user_agent: Cow<'a, str>,
}

impl Connector for KamailioAcc {
    fn name(&self) -> &'static str {
        "kamailio-acc"
    }

    fn decode<'a>(&self, line: &'a [u8], default_account: Option<&AccountId>) -> Vec<Element<'a>> {
        elements(line, events(line, default_account))
    }

    fn call_and_account(&self, line: &[u8]) -> Option<(Box<str>, Option<AccountId>)> {
        let line: Line<'_> = serde_json::from_slice(line).ok()?;
        Some((line.callid.into(), AccountId::new(&line.account).ok()))
    }
}

fn events(line: &[u8], default_account: Option<&AccountId>) -> Result<Vec<Event>, Rejection> {
    let text = line_text(line)?;
    let fields: Line<'_> = serde_json::from_str(text)
        .map_err(|error| Rejection::new(RejectionReason::Malformed, error.to_string()))?;
    let call_id = checked_call_id("callid", &fields.callid)?;
    let account = account_or(&fields.account, default_account)?;
    let time = Timestamp::from_seconds(fields.time);
    let event = |part: &str, event_type, data| {
        let id = line_event_id(text.as_bytes(), part);
        Event::from_call((SOURCE, &id), account.clone(), call_id, time, event_type, data)
    };
    let started = || event("started", CallEventType::Started, started_data(&fields));
    let status = sip_status(&fields)?;
    Ok(match (fields.method.as_ref(), status) {
        ("INVITE", 200..=299) => {
            let data = CallData { sip_status: Some(status), ..CallData::default() };
            vec![started(), event("answered", CallEventType::Answered, data)]
        }
        ("INVITE", 401 | 407) => vec![started()],
        ("INVITE", _) => {
            let release_reason = stated(&fields.sip_reason);
            let data = CallData { sip_status: Some(status), release_reason, ..CallData::default() };
            vec![started(), event("ended", CallEventType::Ended, data)]
        }
        ("BYE", _) => {
            // The answer to the BYE itself says nothing of the call: it was answered, and is over.
            let data = CallData { sip_status: Some(200), release_cause: Some(16), ..CallData::default() };
            vec![event("ended", CallEventType::Ended, data)]
        }
        (method, _) => {
            let mut other = event("other", CallEventType::Started, CallData::default());
            other.kind = Kind::Unknown(format!("{SOURCE}.{}", method.to_ascii_lowercase()).into());
            other.data_json = text.into();
            vec![other]
        }
    })
}

fn sip_status(fields: &Line<'_>) -> Result<u16, Rejection> {
    let status = fields.sip_code.parse().ok().filter(|status| (200..=699).contains(status));
    status.ok_or_else(|| {
        let detail = format!("sip_code: {:?} is no final SIP status", fields.sip_code);
        Rejection::new(RejectionReason::InvalidValue, detail)
    })
}

fn started_data(fields: &Line<'_>) -> CallData {
    CallData {
        direction: Some(Direction::Outbound),
        from: stated(&fields.src_user),
        to: stated(&fields.dst_ouser).or_else(|| stated(&fields.dst_user)),
        source_ip: stated(&fields.src_ip),
        user_agent: stated(&fields.user_agent),
        ..CallData::default()
    }
}
