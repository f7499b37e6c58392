//! The slices of an export: consecutive in its order, each of about so many rows, as counting them has shown.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use callhouse_core::time::MICROS_PER_DAY;
use datafusion::functions::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ident, lit};

use super::{Matching, failed};
use crate::error::Error;
use crate::named::instant;
use crate::scan::{ACCOUNT, texts};

/// Rows of a busy day are not spread evenly: so many times as many slices as its average asks for.
const BUSY: u64 = 2;

/// A part of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slice {
    /// The first and the last account, in order of name.
    pub(super) accounts: (String, String),
    pub(super) times: Times,
    /// How many it has; where a day is cut, a guess whose sum over the day is right.
    pub(super) rows: u64,
}

/// Which instants a slice is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Every row of its accounts.
    All,
    /// `[from, to)`, in microseconds.
    Range(i64, i64),
    /// The rows that have none.
    Unknown,
}

impl Slice {
    /// What its rows fulfil.
    pub(super) fn filter(&self, time: &str) -> Expr {
        let (first, last) = &self.accounts;
        let of_accounts = if first == last {
            ident(ACCOUNT).eq(lit(first.as_str()))
        } else {
            ident(ACCOUNT).between(lit(first.as_str()), lit(last.as_str()))
        };
        let at = |micros| lit(instant(Some(micros)));
        match self.times {
            Times::All => of_accounts,
            Times::Unknown => of_accounts.and(ident(time).is_null()),
            Times::Range(from, to) => {
                of_accounts.and(ident(time).gt_eq(at(from))).and(ident(time).lt(at(to)))
            }
        }
    }
}

/// Rows by account and by the start of their UTC day in microseconds; `None` for those without an instant.
type Counts = BTreeMap<String, BTreeMap<Option<i64>, u64>>;

/// Counts the rows and cuts them into slices of about so many.
pub(super) async fn plan(matching: &Matching, slice_rows: u64) -> Result<Vec<Slice>, Error> {
    let day = date_trunc(lit("day"), ident(matching.question.time)).alias("day");
    let counted = matching
        .all()
        .await?
        .aggregate(vec![ident(ACCOUNT), day], vec![count(lit(1_i64)).alias("rows")])
        .map_err(failed)?;
    let mut counts = Counts::new();
    for batch in counted.collect().await.map_err(failed)? {
        add(&mut counts, &batch)?;
    }
    Ok(cut(&counts, slice_rows))
}

fn add(counts: &mut Counts, batch: &RecordBatch) -> Result<(), Error> {
    let accounts = texts(batch, 0).map_err(failed)?;
    let days = arrow::compute::cast(batch.column(1), &DataType::Timestamp(TimeUnit::Microsecond, None));
    let days = days.map_err(|error| failed(error.into()))?;
    let days = days.as_primitive::<TimestampMicrosecondType>();
    let rows = batch.column(2).as_primitive::<Int64Type>();
    for row in 0..batch.num_rows() {
        let day = days.is_valid(row).then(|| days.value(row));
        let of_account = counts.entry(accounts.value(row).to_owned()).or_default();
        *of_account.entry(day).or_default() += u64::try_from(rows.value(row)).unwrap_or(0);
    }
    Ok(())
}

/// Small accounts together, large ones by days, busy days in parts.
fn cut(counts: &Counts, slice_rows: u64) -> Vec<Slice> {
    let mut slices: Vec<Slice> = Vec::new();
    for (account, days) in counts {
        let rows: u64 = days.values().sum();
        if rows > slice_rows {
            cut_account(&mut slices, account, days, slice_rows);
            continue;
        }
        match slices.last_mut() {
            Some(last) if last.times == Times::All && last.rows + rows <= slice_rows => {
                last.accounts.1.clone_from(account);
                last.rows += rows;
            }
            _ => slices.push(Slice { accounts: (account.clone(), account.clone()), times: Times::All, rows }),
        }
    }
    slices
}

fn cut_account(slices: &mut Vec<Slice>, account: &str, days: &BTreeMap<Option<i64>, u64>, slice_rows: u64) {
    let accounts = (account.to_owned(), account.to_owned());
    let known = days.iter().filter_map(|(day, rows)| day.map(|day| (day, *rows)));
    // Whole days being gathered into one slice.
    let mut gathered: Option<(i64, i64, u64)> = None;
    let slice = |(from, to, rows)| Slice { accounts: accounts.clone(), times: Times::Range(from, to), rows };
    for (day, rows) in known {
        let next = day.saturating_add(MICROS_PER_DAY);
        if let Some((_, to, sum)) = &mut gathered
            && *sum + rows <= slice_rows
        {
            (*to, *sum) = (next, *sum + rows);
            continue;
        }
        slices.extend(gathered.take().map(slice));
        if rows <= slice_rows {
            gathered = Some((day, next, rows));
        } else {
            slices.extend(parts(day, rows, slice_rows).map(slice));
        }
    }
    slices.extend(gathered.map(slice));
    if let Some(rows) = days.get(&None) {
        slices.push(Slice { accounts: accounts.clone(), times: Times::Unknown, rows: *rows });
    }
}

/// A day in parts of equal length, and its rows as if they were spread evenly.
fn parts(day: i64, rows: u64, slice_rows: u64) -> impl Iterator<Item = (i64, i64, u64)> {
    let count = rows.div_ceil(slice_rows).saturating_mul(BUSY).min(86_400);
    let at = move |part: u64| {
        let micros = u128::from(MICROS_PER_DAY.unsigned_abs()) * u128::from(part) / u128::from(count);
        day.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX))
    };
    let share = move |part: u64| {
        let up_to = |part: u64| u128::from(rows) * u128::from(part) / u128::from(count);
        u64::try_from(up_to(part + 1) - up_to(part)).unwrap_or(u64::MAX)
    };
    (0..count).map(move |part| (at(part), at(part + 1), share(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day, and its rows.
    type Day = (Option<i64>, u64);

    fn counts(of: &[(&str, &[Day])]) -> Counts {
        let days = |days: &[Day]| {
            days.iter().map(|(day, rows)| (day.map(|day| day * MICROS_PER_DAY), *rows)).collect()
        };
        of.iter().map(|(account, of_account)| ((*account).to_owned(), days(of_account))).collect()
    }

    #[test]
    fn small_accounts_are_read_together_and_large_ones_in_parts() {
        let counts = counts(&[
            ("a", &[(Some(1), 4)]),
            ("b", &[(Some(1), 3), (None, 3)]),
            ("c", &[(Some(-2), 6), (Some(1), 4), (Some(2), 25), (Some(9), 1), (None, 2)]),
            ("d", &[(Some(1), 1)]),
        ]);
        let slices = cut(&counts, 10);
        let shown: Vec<(String, Times, u64)> = slices
            .iter()
            .map(|slice| (format!("{}-{}", slice.accounts.0, slice.accounts.1), slice.times, slice.rows))
            .collect();
        let day = MICROS_PER_DAY;
        let part = |number: i64| Times::Range(2 * day + day / 6 * number, 2 * day + day / 6 * (number + 1));
        let range = |from: i64, to: i64| Times::Range(from * day, to * day);
        let wanted = [
            ("a-b", Times::All, 10),
            ("c-c", range(-2, 2), 10),
            ("c-c", part(0), 4),
            ("c-c", part(1), 4),
            ("c-c", part(2), 4),
            ("c-c", part(3), 4),
            ("c-c", part(4), 4),
            ("c-c", part(5), 5),
            ("c-c", range(9, 10), 1),
            ("c-c", Times::Unknown, 2),
            ("d-d", Times::All, 1),
        ];
        assert_eq!(shown, wanted.map(|(accounts, times, rows)| (accounts.to_owned(), times, rows)));
    }

    #[test]
    fn the_parts_of_a_day_are_all_of_it() {
        for rows in [11, 1_000, 1_000_000_007] {
            let parts: Vec<(i64, i64, u64)> = parts(0, rows, 10).collect();
            assert_eq!((parts[0].0, parts.last().map(|part| part.1)), (0, Some(MICROS_PER_DAY)));
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].0 < pair[0].1));
            assert_eq!(parts.iter().map(|part| part.2).sum::<u64>(), rows);
        }
    }
}
