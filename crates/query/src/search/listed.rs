//! The calls of a page, known by their keys, and how to read just those.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, ident, lit};

use crate::named::instant;
use crate::scan::{ACCOUNT, texts};

const CALL_ID: &str = "call_id";
const STARTED_AT: &str = "started_at";

/// The calls of a page.
pub(super) struct Listed {
    /// (account, `call_id`).
    calls: HashSet<(String, String)>,
    /// The earliest and latest start in microseconds; `None` when a start is not known.
    started: Option<(i64, i64)>,
}

/// Account and `call_id` of each row.
fn keys(batch: &RecordBatch) -> Result<impl Iterator<Item = (String, String)>> {
    let schema = batch.schema_ref();
    let accounts = texts(batch, schema.index_of(ACCOUNT)?)?;
    let ids = texts(batch, schema.index_of(CALL_ID)?)?;
    Ok((0..batch.num_rows()).map(|row| (accounts.value(row).to_owned(), ids.value(row).to_owned())))
}

impl Listed {
    /// From rows with at least the columns of the key and the start.
    pub(super) fn of(batches: &[RecordBatch]) -> Result<Self> {
        let mut calls = HashSet::new();
        let mut starts = Vec::new();
        for batch in batches {
            calls.extend(keys(batch)?);
            let started = batch.column(batch.schema_ref().index_of(STARTED_AT)?);
            starts.extend(started.as_primitive::<TimestampMicrosecondType>());
        }
        let known: Option<Vec<i64>> = starts.into_iter().collect();
        let started = known.and_then(|known| Some((*known.iter().min()?, *known.iter().max()?)));
        Ok(Self { calls, started })
    }

    /// Lets these calls through and few others; `None` when there are none.
    pub(super) fn filter(&self) -> Option<Expr> {
        if self.calls.is_empty() {
            return None;
        }
        let any_of = |column: &str, values: BTreeSet<&str>| {
            ident(column).in_list(values.into_iter().map(lit).collect(), false)
        };
        let accounts = self.calls.iter().map(|(account, _)| account.as_str()).collect();
        let ids = self.calls.iter().map(|(_, call_id)| call_id.as_str()).collect();
        let of_page = any_of(ACCOUNT, accounts).and(any_of(CALL_ID, ids));
        let Some((first, last)) = self.started else { return Some(of_page) };
        let at = |micros| lit(instant(Some(micros)));
        Some(of_page.and(ident(STARTED_AT).between(at(first), at(last))))
    }

    /// The rows of these calls: accounts that share ids of calls may have brought others along.
    pub(super) fn keep(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let is_listed = keys(batch)?.map(|key| Some(self.calls.contains(&key)));
        Ok(filter_record_batch(batch, &BooleanArray::from_iter(is_listed))?)
    }
}
