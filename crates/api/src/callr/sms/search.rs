//! `sms.search`: filtered, ordered pages of messages, stable while messages arrive.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::SortDirection;
use serde::Serialize;

use super::filters;
use super::object::Messages;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::page::Page;
use crate::callr::params::{Object, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.search",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// The properties of an SMS that a search may be ordered by, and the columns they are made of.
const ORDERS: &[(&str, &str)] = &[
    ("date_creation", "created_at"),
    ("date_received", "delivered_at"),
    ("date_sent", "sent_at"),
    ("date_update", "status_at"),
    ("from", "from_number"),
    ("to", "to_number"),
    ("hash", "hash"),
    ("nature", "nature"),
    ("encoding", "encoding"),
    ("parts", "parts"),
    ("status", "status"),
    ("type", "direction"),
    ("user_data", "user_data"),
    ("b_customer_debit", "debit"),
];

/// CALLR's `Search.Results`.
#[derive(Serialize)]
struct Results {
    has_more: bool,
    hits: Messages,
    offset: u64,
    total: u64,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let filters = filters::read(params.optional::<Object>("filters")?)?;
    let page = Page::take(&mut params, ("created_at", true), ORDERS)?;
    params.finish()?;
    let direction = if page.descending { SortDirection::Descending } else { SortDirection::Ascending };
    let mut search = super::query(filters, (page.key, direction));
    search.offset = page.offset;
    search.quantity = page.quantity;
    search.page_key = Some(format!("{:?}", context.principal));
    let page = context.engine().search_rows(&context.scope(), &search).await?;
    Answer::of(&Results {
        has_more: page.has_more,
        hits: Messages::new(&page.rows)?,
        offset: page.offset,
        total: page.total,
    })
}
