//! `webhooks.replay`: sends events of the log again, under their old ids and with their next tries.

use std::collections::{BTreeMap, HashMap};

use arrow::array::RecordBatch;
use callhouse_core::Timestamp;
use callhouse_lake::accounts::AccessScope;
use callhouse_lake::webhooks::{HookStatus, Replay, Replayed};
use callhouse_query::SortDirection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{log, whose};
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params, Properties};

/// Attempts that one replay looks at.
const MOST: u64 = 10_000;
/// Events whose other attempts are looked up by one question.
const EVENTS_PER_QUESTION: usize = 500;

const FOUND: &[&str] = &["account", "event_id", "hook_hash"];
const WHOLE: &[&str] =
    &["account", "event_id", "hook_hash", "about", "event_at", "try_number", "status", "request_body"];

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.replay",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

#[derive(Serialize, Default)]
struct Outcome {
    /// Queued again.
    queued: usize,
    /// Still queued, and due at once now.
    hastened: usize,
    /// Of dynamic webhooks, of webhooks that are gone or disabled, or without the body that was sent.
    skipped: usize,
}

/// What is needed of a body.
#[derive(Deserialize)]
struct Sent {
    data: Box<RawValue>,
}

/// An event of the log, put together from its attempts.
struct Event {
    account: String,
    hook_hash: String,
    replay: Replay,
    is_delivered: bool,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let filters: Object = params.required("filters")?;
    if filters.0.is_empty() {
        let detail = "filters must say what to replay: event_id, or any of webhooks.search_logs".to_owned();
        return Err(Error::ParamFormat { param: "filters".to_owned(), detail });
    }
    let filters = log::filters::read(Some(filters))?;
    let mut options = Properties::new("options", params.optional("options")?);
    let in_order = options.optional::<bool>("in_order")?.unwrap_or(false);
    let undelivered = options.optional::<bool>("undelivered")?.unwrap_or(false);
    options.finish()?;
    params.finish()?;
    let mut search = log::query(filters, SortDirection::Ascending, FOUND);
    search.quantity = MOST;
    let page = context.engine().search_rows(&context.scope(), &search).await?;
    if page.has_more {
        return Err(Error::TooManyRows { limit: MOST });
    }
    let mut events = events(&context, &page.rows).await?;
    events.retain(|event| !(undelivered && event.is_delivered));
    Answer::of(&replay(&context, events, in_order).await?)
}

/// The events of some attempts, whole, in order of when they happened.
async fn events(context: &Context, found: &[RecordBatch]) -> Result<Vec<Event>, Error> {
    let mut ids = Vec::new();
    for batch in found {
        let event_ids = Fields::new(batch).text("event_id")?;
        ids.extend((0..batch.num_rows()).filter_map(|row| event_ids.get(row).map(str::to_owned)));
    }
    ids.sort_unstable();
    ids.dedup();
    let mut events: BTreeMap<(String, String), Event> = BTreeMap::new();
    for ids in ids.chunks(EVENTS_PER_QUESTION) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let engine = context.engine();
        let attempts =
            engine.rows_by(&context.scope(), "webhook_deliveries", "event_id", &ids, WHOLE).await?;
        for batch in &attempts {
            gather(batch, &mut events)?;
        }
    }
    let mut events: Vec<Event> = events.into_values().collect();
    events.sort_by(|a, b| {
        let key = |event: &Event| (event.replay.event_at, event.replay.event_id.clone());
        key(a).cmp(&key(b))
    });
    Ok(events)
}

/// Adds attempts to the events they are of.
fn gather(batch: &RecordBatch, events: &mut BTreeMap<(String, String), Event>) -> Result<(), Error> {
    let fields = Fields::new(batch);
    let (account, event_id) = (fields.text("account")?, fields.text("event_id")?);
    let (hook_hash, about, body) =
        (fields.text("hook_hash")?, fields.text("about")?, fields.text("request_body")?);
    let (event_at, number, status) =
        (fields.instant("event_at")?, fields.int("try_number")?, fields.text("status")?);
    for row in 0..batch.num_rows() {
        let Some((account, event_id)) = account.get(row).zip(event_id.get(row)) else { continue };
        let event = events.entry((account.to_owned(), event_id.to_owned())).or_insert_with(|| Event {
            account: account.to_owned(),
            hook_hash: hook_hash.get(row).unwrap_or_default().to_owned(),
            replay: Replay {
                event_id: event_id.into(),
                subject: about.get(row).unwrap_or_default().into(),
                event_at: event_at.get(row).unwrap_or(Timestamp(0)),
                data: Box::default(),
                tries: 0,
            },
            is_delivered: false,
        });
        event.replay.tries = event.replay.tries.max(number.or_zero(row) + 1);
        event.is_delivered |= status.get(row) == Some("SUCCESS");
        if let Some(sent) = body.get(row).and_then(|body| serde_json::from_str::<Sent>(body).ok()) {
            event.replay.data = sent.data.get().into();
        }
    }
    Ok(())
}

async fn replay(context: &Context, events: Vec<Event>, in_order: bool) -> Result<Outcome, Error> {
    let hooks: HashMap<String, _> = context
        .app
        .webhooks
        .list(whose(context))
        .await?
        .into_iter()
        .filter(|hook| hook.status == HookStatus::Enabled)
        .map(|hook| (hook.hash.to_string(), hook))
        .collect();
    let mut outcome = Outcome::default();
    let mut by_hook: BTreeMap<String, Vec<Replay>> = BTreeMap::new();
    for event in events {
        let is_sendable = hooks
            .get(&event.hook_hash)
            .is_some_and(|hook| hook.account.as_str() == event.account && !event.replay.data.is_empty());
        if is_sendable {
            by_hook.entry(event.hook_hash).or_default().push(event.replay);
        } else {
            outcome.skipped += 1;
        }
    }
    for (hash, replays) in by_hook {
        let Some(hook) = hooks.get(&hash) else { continue };
        let Replayed { queued, hastened } = context.app.webhooks.replay(hook, &replays, in_order).await?;
        outcome.queued += queued;
        outcome.hastened += hastened;
    }
    Ok(outcome)
}
