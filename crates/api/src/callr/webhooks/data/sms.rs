//! `sms.*` events: an `SMS`.

use callhouse_core::event::call::Direction;
use callhouse_query::Engine;

use super::found::{self, Kind};
use super::{WebhookData, WebhookSubject};
use crate::callr::error::Error;
use crate::callr::sms::object::{COLUMNS, Columns};

/// What the types about messages begin with.
pub(super) const PREFIX: &str = "sms.";

const MESSAGES: Kind<Columns> = Kind { table: "sms", key: "sms_id", columns: COLUMNS, read: Columns::of };

/// Which messages a type says something of.
fn says(webhook_type: &str) -> Option<(Direction, ())> {
    match webhook_type {
        "sms.mo" => Some((Direction::Inbound, ())),
        "sms.mt.status_update" => Some((Direction::Outbound, ())),
        _ => None,
    }
}

pub(super) async fn data(
    engine: &Engine,
    subjects: &[WebhookSubject<'_>],
) -> Result<Vec<WebhookData>, Error> {
    found::data(engine, &MESSAGES, subjects, says, |columns, row, _, json| columns.write(row, json)).await
}
