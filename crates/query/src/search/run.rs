//! Running a call search: `queries/cdr_search.sql` with its filters bound, then ordered and cut.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use callhouse_core::phone;
use callhouse_lake::lookup::BLOCK_ROWS;
use datafusion::logical_expr::{Expr, SortExpr, ident};
use datafusion::physical_plan::collect;
use datafusion::prelude::{DataFrame, SessionContext};

use super::listed::Listed;
use super::{CallSearch, Order, SortDirection};
use crate::error::Error;
use crate::params::{Param, Params};
use crate::scan::{file_rows, reads_in_order};
use crate::{named, planning};

/// Most rows that may be skipped and returned together; they are held in memory while they are sorted.
const MAX_REACH: u64 = 10_000_000;

/// From so many rows on, the rows before a page are read without the columns that only the page shows.
const NEAR_ROWS: u64 = 1_000;

/// A planned search, before order and page.
pub(crate) async fn plan(session: &SessionContext, search: &CallSearch) -> Result<DataFrame, Error> {
    if search.offset.saturating_add(search.quantity) > MAX_REACH {
        let what = format!("a search reaches at most {MAX_REACH} calls far");
        return Err(Error::Invalid { what });
    }
    named::plan(session, "cdr_search", &filters(search)).await
}

/// How many calls match, over all pages: from the sums of files where nothing but direction and range is asked for.
pub(crate) async fn total(
    session: &SessionContext,
    search: &CallSearch,
    matching: DataFrame,
) -> Result<u64, Error> {
    if let Some(params) = summed(search) {
        let total = planning::batches(named::plan(session, "cdr_total", &params).await?).await;
        let total = total.map_err(|source| Error::execute("counting calls", source))?;
        return Ok(number_of(&total));
    }
    let total = matching.count().await.map_err(|source| Error::execute("counting calls", source))?;
    Ok(u64::try_from(total).unwrap_or(u64::MAX))
}

/// What sums are asked for, when they can tell how many calls match. They leave out calls without a direction or a start,
/// and so do these filters.
fn summed(search: &CallSearch) -> Option<Params> {
    let (direction, from, to) = (search.direction?, search.started_from?, search.started_to?);
    let by_sums = CallSearch {
        direction: Some(direction),
        started_from: Some(from),
        started_to: Some(to),
        order: search.order.clone(),
        offset: search.offset,
        quantity: search.quantity,
        columns: search.columns,
        page_key: search.page_key.clone(),
        ..CallSearch::default()
    };
    let params = [
        ("direction".to_owned(), direction.as_str().to_owned().into()),
        ("from".to_owned(), from.into()),
        ("to".to_owned(), to.into()),
    ];
    (by_sums == *search).then(|| Params::from(params))
}

/// The only number of an answer, 0 for none.
pub(crate) fn number_of(answer: &[RecordBatch]) -> u64 {
    let of_batch = |batch: &RecordBatch| -> i64 {
        let numbers = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
        numbers.into_iter().flat_map(|numbers| numbers.iter().flatten()).sum()
    };
    u64::try_from(answer.iter().map(of_batch).sum::<i64>()).unwrap_or(0)
}

/// The page of the search.
///
/// Finds out first which calls are on it, by the columns that order them, and then reads the other columns of those
/// calls: most columns are needed for a hundred calls only, not for all that match. Where indexes leave few rows to be
/// read, or calls are read in the order asked for and only as far as the page, they are read whole at once.
pub(crate) async fn page(matching: DataFrame, search: &CallSearch) -> Result<Vec<RecordBatch>, Error> {
    let (Ok(offset), Ok(quantity)) = (usize::try_from(search.offset), usize::try_from(search.quantity))
    else {
        return Err(Error::Invalid { what: "offset and quantity are too large".to_owned() });
    };
    if quantity == 0 {
        return Ok(Vec::new());
    }
    let failed = |source| Error::execute("searching calls", source);
    let keys = sort_keys(&search.order);
    let matching = match &search.columns {
        Some(columns) => matching.select(with_keys(columns, &search.order)).map_err(failed)?,
        None => matching,
    };
    if asks_by_index(search) || is_near(search) {
        let sorted = matching.clone().sort(keys.clone()).map_err(failed)?;
        let whole = sorted.limit(offset, Some(quantity)).map_err(failed)?;
        let (state, plan) = whole.into_parts();
        let plan = planning::physical(&state, &plan).await.map_err(failed)?;
        // Then no more places are read than the page may have anyway, or no more rows than the page and a few.
        let few = file_rows(&plan) <= quantity.saturating_mul(BLOCK_ROWS);
        if few || is_near(search) && reads_in_order(&plan) {
            return collect(plan, planning::task(&state)).await.map_err(failed);
        }
    }
    let ordered = matching.clone().select(with_keys(&[], &search.order)).map_err(failed)?;
    let ordered = ordered.sort(keys.clone()).map_err(failed)?;
    let listed = ordered.limit(offset, Some(quantity)).map_err(failed)?;
    let listed = planning::batches(listed).await.map_err(failed)?;
    let listed = Listed::of(&listed).map_err(failed)?;
    let Some(filter) = listed.filter() else { return Ok(Vec::new()) };
    let whole = matching.filter(filter).map_err(failed)?.sort(keys).map_err(failed)?;
    let whole = planning::batches(whole).await.map_err(failed)?;
    whole.iter().map(|batch| listed.keep(batch)).collect::<Result<_, _>>().map_err(failed)
}

/// Whether lookup indexes can answer a filter of the search.
fn asks_by_index(search: &CallSearch) -> bool {
    search.callid.is_some()
        || search.call_id.is_some()
        || search.number.is_some()
        || search.cli_number.as_ref().is_some_and(|number| !number.ends_with('*'))
}

/// Whether so few rows lead to the end of the page that they may as well be read whole.
fn is_near(search: &CallSearch) -> bool {
    search.offset.saturating_add(search.quantity) <= NEAR_ROWS
}

/// The columns wanted and those that order.
fn with_keys(columns: &[&'static str], order: &[Order]) -> Vec<Expr> {
    let keys = order.iter().map(|order| order.column.name()).chain(TIE_BREAKERS.map(|(name, _)| name));
    let names: BTreeSet<&str> = columns.iter().copied().chain(keys).collect();
    names.into_iter().map(ident).collect()
}

/// The keys asked for, then those that make the order total, so that pages neither repeat nor lose a call.
fn sort_keys(order: &[Order]) -> Vec<SortExpr> {
    let key = |name: &str, ascending: bool| SortExpr::new(ident(name), ascending, false);
    let asked =
        order.iter().map(|order| key(order.column.name(), order.direction == SortDirection::Ascending));
    asked.chain(TIE_BREAKERS.map(|(name, ascending)| key(name, ascending))).collect()
}

/// What makes the order of calls total, and whether each ascends.
const TIE_BREAKERS: [(&str, bool); 3] = [("started_at", false), ("account", true), ("call_id", true)];

pub(super) fn filters(search: &CallSearch) -> Params {
    let mut params = Params::new();
    let mut set = |name: &str, value: Param| params.insert(name.to_owned(), value);
    set("direction", search.direction.map(|direction| direction.as_str()).into());
    set("from", search.started_from.into());
    set("to", search.started_to.into());
    set("app_hash", search.app_hash.clone().into());
    set("did_hash", search.did_hash.clone().into());
    set("did_number", search.did_number.clone().into());
    set("callid", search.callid.into());
    set("call_id", search.call_id.clone().into());
    set("customer_field", search.customer_field.clone().into());
    set("release_cause", search.release_cause.into());
    set("dial_status", search.dial_status.clone().into());
    set("duration_min", search.duration_min_seconds.into());
    set("duration_max", search.duration_max_seconds.into());
    let number = NumberFilter::of(search.number.as_deref());
    set("number", number.e164.into());
    set("number_raw", number.raw.into());
    let cli = NumberFilter::of(search.cli_number.as_deref());
    set("cli_number", cli.e164.into());
    set("cli_number_raw", cli.raw.into());
    set("cli_prefix", cli.prefix.into());
    params
}

/// A number as asked for, by the column it is to be found in. Asked for in any international form, a number is
/// looked for in its E.164 column alone, which is indexed; other texts can only be what a source wrote.
#[derive(Debug, Default, PartialEq, Eq)]
struct NumberFilter {
    e164: Option<String>,
    raw: Option<String>,
    prefix: Option<String>,
}

impl NumberFilter {
    fn of(asked: Option<&str>) -> Self {
        let Some(asked) = asked else { return Self::default() };
        if let Some(prefix) = asked.strip_suffix('*') {
            return Self { prefix: Some(prefix.to_owned()), ..Self::default() };
        }
        match phone::normalise(asked).e164 {
            Some(e164) => Self { e164: Some(e164.into()), ..Self::default() },
            None => Self { raw: Some(asked.to_owned()), ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_where_it_can_be() {
        let of = |asked| NumberFilter::of(Some(asked));
        assert_eq!(of("+33612345678").e164.as_deref(), Some("+33612345678"));
        assert_eq!(of("0033612345678").e164.as_deref(), Some("+33612345678"));
        assert_eq!(of("anonymous").raw.as_deref(), Some("anonymous"));
        assert_eq!(of("+336*").prefix.as_deref(), Some("+336"));
        assert_eq!(NumberFilter::of(None), NumberFilter::default());
    }
}
