//! `cdr.search`: filtered, ordered pages of CDRs, stable while rows arrive.

use callhouse_core::event::call::Direction;
use callhouse_lake::accounts::{AccessScope, Principal};
use callhouse_query::CallSearch;
use serde::Serialize;

use crate::callr::cdr::record::{COLUMNS, Records};
use crate::callr::cdr::{filters, options};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "cdr.search",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Search.Results`.
#[derive(Serialize)]
struct Results {
    has_more: bool,
    hits: Records,
    offset: u64,
    total: u64,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let (direction, search) = read(&context.principal, &mut params)?;
    params.finish()?;
    let page = context.engine().search_calls(&context.scope(), &search).await?;
    Answer::of(&Results {
        has_more: page.has_more,
        hits: Records::new(direction, &page.rows)?,
        offset: page.offset,
        total: page.total,
    })
}

fn read(principal: &Principal, params: &mut Params) -> Result<(Direction, CallSearch), Error> {
    let filters: Option<Object> = params.optional("filters")?;
    let page: Option<Object> = params.optional("options")?;
    let (direction, mut search) = filters::read(filters)?;
    options::read(page, direction, &mut search)?;
    search.columns = Some(COLUMNS);
    // Whose search it is and what it looks for name it; which page of it is asked for does not.
    let whole = CallSearch { offset: 0, quantity: 0, ..search.clone() };
    search.page_key = Some(format!("{principal:?} {whole:?}"));
    Ok((direction, search))
}
