//! `cdr.get`: the CDRs of one direction that started in a range, oldest first.

use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;
use callhouse_lake::accounts::AccessScope;
use callhouse_query::{CallColumn, CallSearch, Order, SortDirection};

use crate::callr::cdr::record::{COLUMNS, pieces};
use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Hash, Params};

/// Rows of one answer, about 700 MB of JSON, which is streamed; the engine holds the rows as columns meanwhile.
const MAX_ROWS: u64 = 1_000_000;

pub(in crate::callr) const METHOD: Method = Method {
    name: "cdr.get",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let direction: Direction = params.required("type")?;
    let from: Timestamp = params.required("from")?;
    let to: Timestamp = params.required("to")?;
    let app: Option<Hash> = params.optional("app")?;
    let number: Option<String> = params.optional("number")?;
    params.finish()?;
    if to < from {
        return Err(Error::ToBeforeFrom);
    }
    let mut search = CallSearch {
        direction: Some(direction),
        started_from: Some(from),
        started_to: Some(format::after_second(to)),
        app_hash: app.map(|hash| hash.0),
        order: vec![Order { column: CallColumn::StartedAt, direction: SortDirection::Ascending }],
        quantity: MAX_ROWS,
        columns: Some(COLUMNS),
        ..CallSearch::default()
    };
    if let Some(number) = number {
        choose_number(&mut search, direction, number)?;
    }
    let page = context.engine().search_calls(&context.scope(), &search).await?;
    if page.has_more {
        return Err(Error::TooManyRows { limit: MAX_ROWS });
    }
    Ok(Answer::Pieces(pieces(direction, page.rows)))
}

/// `number` is the DID's hash for calls in and the called number for calls out.
fn choose_number(search: &mut CallSearch, direction: Direction, number: String) -> Result<(), Error> {
    let unusable = |wanted: &str| Error::PropertyValue {
        path: "number".to_owned(),
        detail: format!("number must be {wanted}"),
    };
    match direction {
        Direction::Inbound if format::is_hash(&number) => search.did_hash = Some(number),
        Direction::Inbound => return Err(unusable("the hash of a DID, 8 characters A-Z 0-9")),
        Direction::Outbound if format::is_phone_number(&number) => search.number = Some(number),
        Direction::Outbound => return Err(unusable("a number such as +33612345678")),
    }
    Ok(())
}
