//! `call.*` events: a `CDR.In` or `CDR.Out`, of an event that says a call has started without what comes later.

use callhouse_core::event::call::Direction;
use callhouse_query::Engine;

use super::found::{self, Kind};
use super::{WebhookData, WebhookSubject};
use crate::callr::cdr::record::{COLUMNS, Columns};
use crate::callr::error::Error;

const CALLS: Kind<Columns> = Kind { table: "calls", key: "call_id", columns: COLUMNS, read: Columns::of };

/// Which calls a type says something of, and whether only that they have started.
fn says(webhook_type: &str) -> Option<(Direction, bool)> {
    match webhook_type {
        "call.inbound_start" => Some((Direction::Inbound, true)),
        "call.inbound_hangup" => Some((Direction::Inbound, false)),
        "call.outbound_start" => Some((Direction::Outbound, true)),
        "call.outbound_hangup" => Some((Direction::Outbound, false)),
        _ => None,
    }
}

pub(super) async fn data(
    engine: &Engine,
    subjects: &[WebhookSubject<'_>],
) -> Result<Vec<WebhookData>, Error> {
    found::data(engine, &CALLS, subjects, says, |columns, row, (direction, has_started_only), json| {
        if has_started_only {
            columns.write_started(direction, row, json)
        } else {
            columns.write(direction, row, json)
        }
    })
    .await
}
