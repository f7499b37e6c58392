//! `sms.get_list`: the messages of one direction that were created in a range, oldest first.

use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;
use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Param, Params as QueryParams, SortDirection};

use super::object::pieces;
use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

/// Rows of one answer, which is streamed; the engine holds the rows as columns meanwhile.
const MAX_ROWS: u64 = 1_000_000;

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.get_list",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let direction: Direction = params.required("type")?;
    let from: Timestamp = params.required("from")?;
    let to: Timestamp = params.required("to")?;
    params.finish()?;
    if to < from {
        return Err(Error::ToBeforeFrom);
    }
    let bound = QueryParams::from([
        ("direction".to_owned(), Param::from(direction.as_str())),
        ("from".to_owned(), Param::from(from)),
        ("to".to_owned(), Param::from(format::after_second(to))),
    ]);
    let mut search = super::query(bound, ("created_at", SortDirection::Ascending));
    search.quantity = MAX_ROWS;
    let page = context.engine().search_rows(&context.scope(), &search).await?;
    if page.has_more {
        return Err(Error::TooManyRows { limit: MAX_ROWS });
    }
    Ok(Answer::Pieces(pieces(page.rows)))
}
