//! `call.*` events: a `CDR.In` or `CDR.Out`, of an event that says a call has started without what comes later.

use std::collections::HashMap;

use callhouse_core::AccountId;
use callhouse_core::event::call::Direction;
use callhouse_query::{Engine, Scope};

use super::{WebhookData, WebhookSubject};
use crate::callr::cdr::record::{COLUMNS, Columns};
use crate::callr::error::Error;
use crate::callr::fields::Fields;

/// Calls looked up by one question.
const CALLS_PER_QUESTION: usize = 500;

/// What a type says of which calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Says {
    direction: Direction,
    has_started_only: bool,
}

fn says(webhook_type: &str) -> Option<Says> {
    let says = |direction, has_started_only| Some(Says { direction, has_started_only });
    match webhook_type {
        "call.inbound_start" => says(Direction::Inbound, true),
        "call.inbound_hangup" => says(Direction::Inbound, false),
        "call.outbound_start" => says(Direction::Outbound, true),
        "call.outbound_hangup" => says(Direction::Outbound, false),
        _ => None,
    }
}

pub(super) async fn data(
    engine: &Engine,
    subjects: &[WebhookSubject<'_>],
) -> Result<Vec<WebhookData>, Error> {
    let mut data = Vec::with_capacity(subjects.len());
    for subjects in subjects.chunks(CALLS_PER_QUESTION) {
        let calls = Calls::read(engine, subjects).await?;
        for subject in subjects {
            data.push(calls.data(subject)?);
        }
    }
    Ok(data)
}

/// The calls of some subjects.
struct Calls {
    batches: Vec<Columns>,
    /// By account and id: where the call is, and which way it went.
    places: HashMap<(String, String), Place>,
}

struct Place {
    batch: usize,
    row: usize,
    direction: Option<Direction>,
}

impl Calls {
    async fn read(engine: &Engine, subjects: &[WebhookSubject<'_>]) -> Result<Self, Error> {
        let mut accounts: Vec<AccountId> = subjects.iter().map(|subject| subject.account.clone()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut ids: Vec<&str> = subjects.iter().map(|subject| subject.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let columns = [COLUMNS, &["account", "call_id", "direction"]].concat();
        let found = engine.rows_by(&Scope::Accounts(accounts), "calls", "call_id", &ids, &columns).await?;
        let mut calls = Self { batches: Vec::with_capacity(found.len()), places: HashMap::new() };
        for (batch, rows) in found.iter().enumerate() {
            let fields = Fields::new(rows);
            let (account, call_id) = (fields.text("account")?, fields.text("call_id")?);
            let direction = fields.text("direction")?;
            for row in 0..rows.num_rows() {
                let Some((account, call_id)) = account.get(row).zip(call_id.get(row)) else { continue };
                let direction = direction.get(row).and_then(Direction::parse);
                let place = Place { batch, row, direction };
                calls.places.insert((account.to_owned(), call_id.to_owned()), place);
            }
            calls.batches.push(Columns::of(rows)?);
        }
        Ok(calls)
    }

    fn data(&self, subject: &WebhookSubject<'_>) -> Result<WebhookData, Error> {
        let Some(says) = says(subject.webhook_type) else { return Ok(WebhookData::Nothing) };
        let key = (subject.account.as_str().to_owned(), subject.id.to_owned());
        let Some(place) = self.places.get(&key) else { return Ok(WebhookData::NotYet) };
        match place.direction {
            None => return Ok(WebhookData::NotYet),
            Some(direction) if direction != says.direction => return Ok(WebhookData::Nothing),
            Some(_) => {}
        }
        let Some(columns) = self.batches.get(place.batch) else { return Ok(WebhookData::NotYet) };
        let mut json = Vec::new();
        if says.has_started_only {
            columns.write_started(says.direction, place.row, &mut json)?;
        } else {
            columns.write(says.direction, place.row, &mut json)?;
        }
        // The writer of JSON writes UTF-8.
        Ok(String::from_utf8(json).map_or(WebhookData::Nothing, WebhookData::Data))
    }
}
