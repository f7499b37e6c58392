//! The order of a flush's rows by its table's sort columns, found by comparing integers.
//!
//! Accounts are few and become ranks, instants are numbers, and of an id as many bytes as fit are compared at once: rows
//! are sorted by the first of them, those that are then still equal by the next, and so on. Ids that begin alike, as
//! ids do, cost one round more and not a comparison of texts in each step of the sort.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;

/// Batch and row of the rows for which `is_wanted`, ascending by these columns, nulls last: what the tables promise and
/// compaction relies on. Equal rows keep the order of the batches.
///
/// # Errors
/// For columns other than an account, an id and an instant, of which the first two or the last may be missing.
pub(crate) fn order(
    batches: &[&RecordBatch],
    columns: &[usize],
    is_wanted: impl Fn(usize, usize) -> bool,
) -> Result<Vec<(usize, usize)>, ArrowError> {
    let keys = Keys::of(batches, columns)?;
    let mut entries = Vec::with_capacity(batches.iter().map(|batch| batch.num_rows()).sum());
    for (batch, rows) in batches.iter().enumerate() {
        for row in (0..rows.num_rows()).filter(|row| is_wanted(batch, *row)) {
            let key = keys.first_part(batch, row);
            let instant = keys.instant(batch, row);
            entries.push(Entry { key, instant, at: (number(batch)?, number(row)?) });
        }
    }
    keys.sort(&mut entries, FIRST_PART_BYTES);
    Ok(entries.into_iter().map(|Entry { at: (batch, row), .. }| (batch as usize, row as usize)).collect())
}

struct Entry {
    /// The part of account and id that is being compared.
    key: u128,
    instant: u64,
    /// Batch and row.
    at: (u32, u32),
}

fn number(index: usize) -> Result<u32, ArrowError> {
    u32::try_from(index).map_err(|_| ArrowError::ComputeError("too many rows to be sorted".to_owned()))
}

/// Bytes of the id in a row's first key, behind the four of the account's rank, and in each further one. The last
/// byte says how many there are.
const FIRST_PART_BYTES: usize = 11;
const PART_BYTES: usize = 15;
/// In that byte: the id goes on.
const GOES_ON: u8 = 0xfe;
/// A key of nulls, behind those of all texts.
const NULL: u128 = u128::MAX;

/// The sort columns of all batches. Those of a kind the table does not have are missing.
struct Keys<'a> {
    account_ranks: Vec<Vec<u32>>,
    ids: Vec<&'a StringArray>,
    instants: Vec<&'a arrow::array::TimestampMicrosecondArray>,
}

impl<'a> Keys<'a> {
    fn of(batches: &[&'a RecordBatch], columns: &[usize]) -> Result<Self, ArrowError> {
        let is_text =
            |column: &usize| batches.iter().all(|batch| *batch.column(*column).data_type() == DataType::Utf8);
        let is_instant = |column: &usize| {
            let data_type = |batch: &&RecordBatch| batch.column(*column).data_type().clone();
            batches
                .iter()
                .all(|batch| matches!(data_type(batch), DataType::Timestamp(TimeUnit::Microsecond, _)))
        };
        let (texts, instants) = match columns {
            [texts @ .., instant] if is_instant(instant) => (texts, Some(*instant)),
            texts => (texts, None),
        };
        let text = |column: usize| batches.iter().map(move |batch| batch.column(column).as_string::<i32>());
        let (account_ranks, ids) = match texts {
            [] => (Vec::new(), Vec::new()),
            [account, id] if is_text(account) && is_text(id) => {
                (ranks(&text(*account).collect::<Vec<_>>()), text(*id).collect())
            }
            _ => {
                let what = format!("rows are not sorted by columns like {columns:?}");
                return Err(ArrowError::InvalidArgumentError(what));
            }
        };
        let instants = instants.into_iter().flat_map(|column| {
            batches.iter().map(move |batch| batch.column(column).as_primitive::<TimestampMicrosecondType>())
        });
        Ok(Self { account_ranks, ids, instants: instants.collect() })
    }

    /// Account and beginning of the id.
    fn first_part(&self, batch: usize, row: usize) -> u128 {
        let Some(ranks) = self.account_ranks.get(batch) else { return 0 };
        let id = self.part(batch, row, 0, FIRST_PART_BYTES);
        (u128::from(ranks[row]) << 96) | (id >> 32)
    }

    /// So many bytes of the id behind the first `from`, and how many there are.
    fn part(&self, batch: usize, row: usize, from: usize, most_bytes: usize) -> u128 {
        let ids = self.ids[batch];
        if ids.is_null(row) {
            return NULL;
        }
        let rest = ids.value(row).as_bytes().get(from..).unwrap_or_default();
        let taken = rest.len().min(most_bytes);
        let mut part = [0; 16];
        part[..taken].copy_from_slice(&rest[..taken]);
        part[most_bytes] = if rest.len() > taken { GOES_ON } else { u8::try_from(taken).unwrap_or(GOES_ON) };
        u128::from_be_bytes(part)
    }

    fn instant(&self, batch: usize, row: usize) -> u64 {
        match self.instants.get(batch) {
            Some(instants) if instants.is_null(row) => u64::MAX,
            // The sign bit turned over, negative instants come first.
            Some(instants) => instants.value(row).cast_unsigned() ^ (1 << 63),
            None => 0,
        }
    }

    /// Sorts rows whose keys are made and whose ids are the same before `compared_bytes` less what the keys hold.
    fn sort(&self, entries: &mut [Entry], compared_bytes: usize) {
        entries.sort_unstable_by_key(|entry| (entry.key, entry.instant, entry.at));
        for run in entries.chunk_by_mut(|left, right| left.key == right.key) {
            let goes_on = run.first().is_some_and(|first| first.key & 0xff == u128::from(GOES_ON));
            if run.len() == 1 || !goes_on {
                continue;
            }
            for entry in run.iter_mut() {
                let (batch, row) = entry.at;
                entry.key = self.part(batch as usize, row as usize, compared_bytes, PART_BYTES);
            }
            self.sort(run, compared_bytes + PART_BYTES);
        }
    }
}

/// Each text's rank among all of them; null has the greatest.
fn ranks(columns: &[&StringArray]) -> Vec<Vec<u32>> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut ranks: Vec<Vec<u32>> = Vec::with_capacity(columns.len());
    for texts in columns {
        let mut last: Option<(&str, u32)> = None;
        let mut of_column = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            if texts.is_null(row) {
                of_column.push(u32::MAX);
                continue;
            }
            let text = texts.value(row);
            let number = match last {
                Some((same, number)) if same == text => number,
                _ => {
                    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                    *numbers.entry(text).or_insert(next)
                }
            };
            last = Some((text, number));
            of_column.push(number);
        }
        ranks.push(of_column);
    }
    let mut sorted: Vec<(&str, u32)> = numbers.into_iter().collect();
    sorted.sort_unstable_by(|left, right| left.0.cmp(right.0));
    let mut rank_of = vec![u32::MAX; sorted.len()];
    for ((_, number), rank) in sorted.into_iter().zip(0_u32..) {
        rank_of[number as usize] = rank;
    }
    for number in ranks.iter_mut().flatten().filter(|number| **number != u32::MAX) {
        *number = rank_of[*number as usize];
    }
    ranks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, TimestampMicrosecondArray};
    use arrow::compute::SortOptions;
    use arrow::datatypes::{Field, Schema};
    use arrow::row::{RowConverter, SortField};
    use proptest::prelude::*;

    use super::*;

    type Row = (Option<String>, Option<String>, i64);

    fn batch(rows: &[Row]) -> RecordBatch {
        let instants = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.2));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| row.0.as_deref()).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.1.as_deref()).collect::<StringArray>()),
            Arc::new(instants.with_timezone("UTC")),
        ];
        let field = |(name, column): (&str, &ArrayRef)| Field::new(name, column.data_type().clone(), true);
        let fields: Vec<Field> = ["account", "id", "at"].into_iter().zip(&columns).map(field).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    /// The order as Arrow's row format has it.
    fn plainly(batches: &[&RecordBatch], columns: &[usize]) -> Vec<(usize, usize)> {
        let options = SortOptions { descending: false, nulls_first: false };
        let data_type = |column: &usize| batches[0].schema_ref().field(*column).data_type().clone();
        let fields = columns.iter().map(|column| SortField::new_with_options(data_type(column), options));
        let converter = RowConverter::new(fields.collect()).unwrap();
        let key = |batch: &&RecordBatch| -> Vec<ArrayRef> {
            columns.iter().map(|column| Arc::clone(batch.column(*column))).collect()
        };
        let keys: Vec<_> =
            batches.iter().map(|batch| converter.convert_columns(&key(batch)).unwrap()).collect();
        let rows_of =
            |(batch, rows): (usize, &&RecordBatch)| (0..rows.num_rows()).map(move |row| (batch, row));
        let mut order: Vec<(usize, usize)> = batches.iter().enumerate().flat_map(rows_of).collect();
        order.sort_by(|left, right| keys[left.0].row(left.1).cmp(&keys[right.0].row(right.1)));
        order
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let account = prop_oneof![Just(None), "[ab]{0,3}".prop_map(Some)];
        let id = prop_oneof![
            "call-[0-9]{1,2}",
            "a-call-of-a-long-name-[0-9]{10,14}",
            "a{9,28}[a\\x00]{0,2}",
            "[a\\x00é]{0,3}",
        ];
        let id = prop_oneof![1 => Just(None), 9 => id.prop_map(Some)];
        (account, id, prop_oneof![-3_i64..3, any::<i64>()])
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_columns(
            batches in prop::collection::vec(prop::collection::vec(any_row(), 0..12), 1..4),
            columns in prop::sample::select(vec![vec![0_usize, 1], vec![0, 1, 2], vec![2]]),
        ) {
            let batches: Vec<RecordBatch> = batches.iter().map(|rows| batch(rows)).collect();
            let batches: Vec<&RecordBatch> = batches.iter().collect();
            let found = order(&batches, &columns, |_, _| true).unwrap();
            prop_assert_eq!(found, plainly(&batches, &columns));
        }
    }
}
