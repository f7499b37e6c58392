//! `account/sub.search`: pages of the accounts below the caller's.

use callhouse_lake::accounts::{AccessScope, Account};
use serde::Serialize;

use super::object::SubAccount;
use super::reach::Reach;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::page::Page;
use crate::callr::params::{Hash, Object, Params, Properties};

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/sub.search",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Search.Results`.
#[derive(Serialize)]
struct Results {
    has_more: bool,
    hits: Vec<SubAccount>,
    offset: u64,
    total: usize,
}

/// What accounts are in order of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    CreatedAt,
    Hash,
    Login,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let mut filters = Properties::new("filters", params.optional::<Object>("filters")?);
    // Nothing here is ever archived: with `true` there is nothing to find.
    let archived = filters.given("archived")?.unwrap_or(Some(false));
    let disabled = filters.optional::<bool>("disabled")?;
    let login = filters.optional::<String>("login")?;
    let parent = filters.optional::<Hash>("parent")?;
    filters.finish()?;
    let keys = [("login", Key::Login), ("created_at", Key::CreatedAt), ("hash", Key::Hash)];
    let page = Page::take(&mut params, (Key::Login, false), &keys)?;
    params.finish()?;
    let reach = Reach::of(&context).await?;
    let parents: Option<Vec<_>> = parent.map(|hash| {
        let all = reach.accounts.iter().map(|account| &account.id).chain([&context.principal.account]);
        all.filter(|id| id.hash() == hash.0).collect()
    });
    let is_hit = |account: &&Account| {
        archived != Some(true)
            && disabled.is_none_or(|disabled| account.enabled != disabled)
            && login.as_ref().is_none_or(|login| account.login == *login)
            && parents
                .as_ref()
                .is_none_or(|parents| account.parent.as_ref().is_some_and(|id| parents.contains(&id)))
    };
    let mut hits: Vec<&Account> = reach.accounts.iter().filter(is_hit).collect();
    hits.sort_by(|a, b| match page.key {
        Key::Login => a.login.cmp(&b.login),
        Key::CreatedAt => (a.created_at, &a.login).cmp(&(b.created_at, &b.login)),
        Key::Hash => (&a.hash, &a.login).cmp(&(&b.hash, &b.login)),
    });
    if page.descending {
        hits.reverse();
    }
    let (total, stopped) = (hits.len(), reach.stopped());
    let shown = page.of(&hits);
    Answer::of(&Results {
        has_more: page.has_more(total),
        hits: shown.iter().map(|account| SubAccount::new(account, &stopped)).collect(),
        offset: page.offset,
        total,
    })
}
