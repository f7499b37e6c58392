//! What the rankings share: `[sort, from, to, limit, options]` and a named query whose rows come in the order asked for.

use arrow::array::RecordBatch;
use callhouse_query::{Param, Params as QueryParams};
use serde::Serialize;
use serde_json::Value;

use super::figures::Figures;
use crate::callr::analytics::options;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::method::{Answer, Context};
use crate::callr::params::{Count, Fault, FromJson, Params};

/// Rows when no limit is given.
const DEFAULT_LIMIT: i64 = 100;
/// Rows at most. Clients ask for a billion to say "all", so that more than this is no error.
const MAX_LIMIT: i64 = 1_000_000;

/// What a ranking is ordered by, the greatest first; the word is both CALLR's and the query's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sort(&'static str);

impl FromJson for Sort {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value.as_str() {
            Some("COUNT") => Ok(Self("COUNT")),
            Some("DURATION") => Ok(Self("DURATION")),
            _ => Err(Fault::Format("\"COUNT\" or \"DURATION\"")),
        }
    }
}

/// Reads the parameters that are left, runs the named query and prints each row with `print`, which is given the
/// columns of a batch and returns how to print one of its rows.
pub(super) async fn run<P, T>(
    context: Context,
    mut params: Params,
    query: &'static str,
    mut bound: QueryParams,
    print: impl Fn(&Fields<'_>) -> Result<P, Error>,
) -> Result<Answer, Error>
where
    P: Fn(usize, &Figures) -> T,
    T: Serialize,
{
    let sort: Sort = params.required("sort")?;
    let range = Range::take(&mut params)?;
    let limit = params.optional::<Count>("limit")?.map_or(DEFAULT_LIMIT, at_most);
    let whose = options::whose(&mut params)?;
    params.finish()?;
    let scope = whose.scope(&context).await?;
    bound.extend([
        ("from".to_owned(), Param::from(range.from)),
        ("to".to_owned(), Param::from(range.to)),
        ("sort".to_owned(), Param::from(sort.0)),
        ("limit".to_owned(), Param::from(limit)),
    ]);
    let batches: Vec<RecordBatch> = context.engine().named(&scope, query, &bound).await?;
    let mut objects = Vec::new();
    for batch in &batches {
        let fields = Fields::new(batch);
        let object = print(&fields)?;
        let figures = Figures::of(&fields)?;
        objects.extend(figures.iter().enumerate().map(|(row, figures)| object(row, figures)));
    }
    Answer::of(&objects)
}

fn at_most(asked: Count) -> i64 {
    i64::try_from(asked.0).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)
}
