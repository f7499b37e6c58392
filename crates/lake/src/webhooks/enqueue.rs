//! Into the queue, in the transaction that makes what is announced visible (ING-1).

use callhouse_core::webhook::{Fact, event_id};
use callhouse_core::{AccountId, Timestamp};
use serde_json::json;
use sqlx::{Sqlite, Transaction};

use super::{Dynamic, SubscriptionCache, SubscriptionView};
use crate::error::Error;

/// Deliveries put in by one statement: its text of JSON stays small.
const ROWS_PER_STATEMENT: usize = 2_000;

/// What is in the place of a hook's hash in the id of a dynamic webhook's event.
const DYNAMIC: &str = "dynamic";

/// Facts that a commit announces to whoever is subscribed when it takes effect.
#[derive(Clone)]
pub struct Due {
    pub facts: Vec<Fact>,
    pub subscriptions: SubscriptionCache,
}

/// Something announced by others than ingest, whose data is known already.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub account: &'a AccountId,
    pub webhook_type: &'a str,
    /// What it is about: the id of the job.
    pub subject: &'a str,
    /// Notices of one type and account with equal identities are one event, sent once.
    pub identity: &'a str,
    pub event_at: Timestamp,
    /// Compact JSON; `None` for data that the dispatcher makes before the first try.
    pub data: Option<&'a str>,
    /// Whether the account's subscriptions are told. Not of what only an administrator may see.
    pub to_subscriptions: bool,
    /// Told as well, beside the subscriptions.
    pub dynamic: Option<&'a Dynamic>,
}

/// Puts notices into the queue: a delivery to every enabled hook of the account and type, and to the dynamic webhook.
/// Those that are queued or done already are left out. Takes effect with the transaction.
///
/// # Errors
/// [`Error::Catalog`].
pub async fn enqueue(
    transaction: &mut Transaction<'_, Sqlite>,
    subscriptions: &SubscriptionCache,
    now: Timestamp,
    notices: &[Notice<'_>],
) -> Result<(), Error> {
    let view = subscriptions.view_in(transaction).await?;
    let mut rows = Vec::new();
    for notice in notices {
        rows_of(&view, now, notice, &mut rows);
    }
    insert(transaction, &rows).await
}

/// As [`enqueue`], what ingest found due.
pub(crate) async fn enqueue_due(
    transaction: &mut Transaction<'_, Sqlite>,
    due: &Due,
    now: Timestamp,
) -> Result<(), Error> {
    let view = due.subscriptions.view_in(transaction).await?;
    let mut rows = Vec::new();
    for fact in &due.facts {
        let notice = Notice {
            account: &fact.account,
            webhook_type: fact.webhook_type,
            subject: &fact.subject,
            identity: &fact.identity,
            event_at: fact.at,
            data: None,
            to_subscriptions: true,
            dynamic: None,
        };
        rows_of(&view, now, &notice, &mut rows);
    }
    insert(transaction, &rows).await
}

/// The rows of a notice, each a JSON array in the order that [`insert`] reads.
fn rows_of(view: &SubscriptionView, now: Timestamp, notice: &Notice<'_>, rows: &mut Vec<serde_json::Value>) {
    let Notice { account, webhook_type, subject, identity, event_at, data, to_subscriptions, dynamic } =
        *notice;
    let mut push = |hook: Option<&str>, endpoint: &str, own: Option<&Dynamic>| {
        // An account may announce one thing to several endpoints given with it.
        let whose = hook.map_or_else(|| format!("{DYNAMIC} {endpoint}"), str::to_owned);
        let signing = own.and_then(|own| own.signing.as_ref());
        rows.push(json!([
            event_id(&whose, webhook_type, account, identity),
            account.as_str(),
            hook,
            webhook_type,
            subject,
            event_at.micros(),
            now.micros(),
            super::endpoint::lane(account, endpoint),
            data,
            own.map(|own| own.endpoint.as_str()),
            signing.map(|signing| signing.algorithm.as_str()),
            signing.map(|signing| &*signing.secret),
        ]));
    };
    for hook in view.hooks(account, webhook_type).filter(|_| to_subscriptions) {
        push(Some(&hook.hash), &hook.endpoint, None);
    }
    if let Some(dynamic) = dynamic {
        push(None, dynamic.endpoint.as_str(), Some(dynamic));
    }
}

async fn insert(transaction: &mut Transaction<'_, Sqlite>, rows: &[serde_json::Value]) -> Result<(), Error> {
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        sqlx::query(
            "INSERT INTO callhouse_webhook_queue (event_id, account, hook_hash, type, subject, event_at, queued_at,
                 lane, data, endpoint, hmac_algo, hmac_secret, tries, next_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                 value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, 0, value ->> 6
             FROM json_each(?1)
             WHERE NOT EXISTS (SELECT 1 FROM callhouse_webhook_done WHERE event_id = value ->> 0)
             ON CONFLICT (event_id) DO NOTHING",
        )
        .bind(serde_json::Value::from(rows).to_string())
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("queueing of webhook deliveries"))?;
    }
    Ok(())
}
