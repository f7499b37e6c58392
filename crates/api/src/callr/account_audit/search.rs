//! `account/audit.search`: pages of the audit log, newest first. Beyond CALLR, which has no such method.

use std::collections::HashSet;

use callhouse_core::{AccountId, Timestamp};
use callhouse_lake::accounts::{AccessScope, AuditFilter, AuditRow};
use serde::Serialize;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::format::{self, datetime};
use crate::callr::method::{Answer, Context, Method};
use crate::callr::page::Page;
use crate::callr::params::{Hash, Object, Params, Properties};

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/audit.search",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Search.Results`.
#[derive(Serialize)]
struct Results {
    has_more: bool,
    hits: Vec<Row>,
    offset: u64,
    total: u64,
}

#[derive(Serialize)]
struct Row {
    /// Hash of the account it was done to.
    account: Option<String>,
    act: String,
    at: String,
    by: By,
    details: Value,
    id: i64,
}

/// Who did it. Where that was an account above the caller's, or the operator, no more is said than which.
#[derive(Serialize)]
struct By {
    /// Hash of the account whose credentials did it; null for the operator.
    account: Option<String>,
    credential: Option<String>,
    origin: Option<String>,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let mut filters = Properties::new("filters", params.optional::<Object>("filters")?);
    let account = filters.optional::<Hash>("account")?;
    let act = filters.optional::<String>("act")?;
    let from = filters.optional::<Timestamp>("from")?;
    let to = filters.optional::<Timestamp>("to")?;
    filters.finish()?;
    let page = Page::take(&mut params, ((), true), &[])?;
    params.finish()?;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::ToBeforeFrom);
    }
    let own = readable(&context).await?;
    let accounts = match account {
        None => own.clone(),
        Some(hash) => Some(named(&context, own.as_deref(), &hash).await?),
    };
    let filter = AuditFilter {
        accounts,
        act,
        from,
        to: to.map(format::after_second),
        offset: page.offset,
        limit: u32::try_from(page.quantity).unwrap_or(u32::MAX),
    };
    let found = context.app.accounts.audit(&filter).await?;
    let own: Option<HashSet<AccountId>> = own.map(|own| own.into_iter().collect());
    let may_see = |id: &AccountId| own.as_ref().is_none_or(|own| own.contains(id));
    Answer::of(&Results {
        has_more: page.has_more(usize::try_from(found.total).unwrap_or(usize::MAX)),
        hits: found.rows.into_iter().map(|row| shown(row, &may_see)).collect(),
        offset: page.offset,
        total: found.total,
    })
}

/// The caller's account and those below it (TEN-1); `None` for an administrator, who reads all.
async fn readable(context: &Context) -> Result<Option<Vec<AccountId>>, Error> {
    if context.principal.admin {
        return Ok(None);
    }
    Ok(Some(context.app.accounts.descendants(&context.principal.account).await?))
}

async fn named(context: &Context, own: Option<&[AccountId]>, hash: &Hash) -> Result<Vec<AccountId>, Error> {
    let all: Vec<AccountId> = match own {
        Some(own) => own.to_vec(),
        None => context.app.accounts.list().await?.into_iter().map(|account| account.id).collect(),
    };
    let named: Vec<AccountId> = all.into_iter().filter(|id| id.hash() == hash.0).collect();
    if named.is_empty() {
        let detail = "there is no such account here or below".to_owned();
        return Err(Error::PropertyValue { path: "filters.account".to_owned(), detail });
    }
    Ok(named)
}

/// Accounts by their hashes, as everywhere in this API: names above the caller's are not its business.
fn with_hashes(mut details: Value) -> Value {
    for property in ["parent", "from", "to"] {
        if let Some(Value::String(name)) = details.get_mut(property)
            && let Ok(account) = AccountId::new(name)
        {
            *name = account.hash();
        }
    }
    details
}

fn shown(row: AuditRow, may_see: &impl Fn(&AccountId) -> bool) -> Row {
    let by = match &row.by_account {
        Some(account) if may_see(account) => {
            By { account: Some(account.hash()), credential: Some(row.credential), origin: Some(row.origin) }
        }
        Some(account) => By { account: Some(account.hash()), credential: None, origin: None },
        None => By { account: None, credential: Some(row.credential), origin: None },
    };
    Row {
        account: row.account.as_ref().map(AccountId::hash),
        act: row.act,
        at: datetime(row.at),
        by,
        details: with_hashes(row.details),
        id: row.id,
    }
}
