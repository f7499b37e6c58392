//! The sums of one account and dimension in one file: as bytes, and as rows of [`Dimension::schema`].
//!
//! The bytes are those of the `postcard` format, which writes small numbers short, behind a byte that says whether zstd
//! made them shorter. Buckets, numbers of callers and indexes of values ascend or nearly so and are stored as
//! differences.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use serde::{Deserialize, Serialize};

use super::Dimension;
use super::dimension::{MOST_AMOUNTS, MOST_COUNTS, MOST_VALUES};
use super::fold::MONEY;
use crate::error::Error;

/// What is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum {
    /// In the order of the family, of which the first is of records; those it does not have are 0.
    pub(super) counts: [i64; MOST_COUNTS],
    pub(super) amounts: [i128; MOST_AMOUNTS],
}

/// Bucket, direction and values of a sum. Texts are indexes into a list of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) bucket: i64,
    pub(super) direction: u32,
    /// As many as the dimension has; the others, and nulls, are `None`.
    pub(super) values: [Option<u32>; MOST_VALUES],
}

/// A number of 1 to 18 digits without a leading zero behind a `+`, which is most callers, fits an integer.
const MOST_DIGITS: usize = 18;

/// The first byte.
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const ZSTD_LEVEL: i32 = 3;
/// No sums of a file come near to this; what does is damaged.
const MOST_BYTES: u64 = 1 << 28;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Blob {
    /// The texts that are numbers, ascending, each as the difference to the one before; the first indexes are theirs.
    pub(super) numbers: Vec<u64>,
    pub(super) texts: Vec<String>,
    /// Differences, as in `values`.
    pub(super) buckets: Vec<i64>,
    directions: Vec<u32>,
    /// By value: index of the text plus one, 0 for null.
    pub(super) values: Vec<Vec<i64>>,
    /// The numbers of records; the others, and amounts, are empty when all are zero.
    pub(super) counts: [Vec<i64>; MOST_COUNTS],
    amounts: [Vec<i128>; MOST_AMOUNTS],
}

/// The bytes of sums whose texts are indexes into `texts`.
pub(super) fn encode(
    dimension: &Dimension,
    texts: &[Box<str>],
    sums: &BTreeMap<Key, Sum>,
) -> Result<Vec<u8>, Error> {
    let used = sums.keys().flat_map(|key| key.values.into_iter().flatten().chain([key.direction]));
    let mut ids: Vec<u32> = used.collect();
    ids.sort_unstable();
    ids.dedup();
    let text = |id: u32| &*texts[usize::try_from(id).expect("an index")];
    let number_of = |id: u32| number(text(id));
    ids.sort_by_cached_key(|id| (number_of(*id).is_none(), number_of(*id), text(*id)));
    let position: BTreeMap<u32, i64> = ids.iter().copied().zip(0..).collect();
    let numbers: Vec<u64> = ids.iter().map_while(|id| number_of(*id)).collect();
    let mut rows: Vec<(i64, i64, Vec<i64>, Sum)> = sums
        .iter()
        .map(|(key, sum)| {
            let values = key.values[..dimension.values.len()].iter();
            let values = values.map(|value| value.map_or(0, |id| position[&id] + 1)).collect();
            (key.bucket, position[&key.direction], values, *sum)
        })
        .collect();
    rows.sort_unstable_by(|left, right| (left.0, left.1, &left.2).cmp(&(right.0, right.1, &right.2)));
    let counts = |count: usize| rows.iter().map(|row| row.3.counts[count]).collect();
    let amounts = |amount: usize| unless_zero(rows.iter().map(|row| row.3.amounts[amount]).collect());
    let blob = Blob {
        texts: ids.iter().skip(numbers.len()).map(|id| text(*id).to_owned()).collect(),
        numbers: numbers
            .iter()
            .zip([0].iter().chain(&numbers))
            .map(|(number, before)| number - before)
            .collect(),
        buckets: differences(rows.iter().map(|row| row.0)),
        directions: rows.iter().map(|row| u32::try_from(row.1).expect("an index")).collect(),
        values: (0..dimension.values.len())
            .map(|value| differences(rows.iter().map(|row| row.2[value])))
            .collect(),
        counts: std::array::from_fn(
            |count| {
                if count == 0 { counts(count) } else { unless_zero(counts(count)) }
            },
        ),
        amounts: std::array::from_fn(amounts),
    };
    let failed = |error: &dyn std::fmt::Display| Error::Invalid {
        what: format!("sums could not be encoded: {error}"),
    };
    let plain = postcard::to_stdvec(&blob).map_err(|error| failed(&error))?;
    let packed = zstd::bulk::compress(&plain, ZSTD_LEVEL).map_err(|error| failed(&error))?;
    let (form, bytes) = if packed.len() < plain.len() { (ZSTD, packed) } else { (PLAIN, plain) };
    Ok([&[form], &bytes[..]].concat())
}

/// The bytes as `postcard` wrote them.
fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) => Ok(plain.to_vec()),
        Some((&ZSTD, packed)) => {
            let mut plain = Vec::new();
            zstd::stream::read::Decoder::new(packed)?.take(MOST_BYTES).read_to_end(&mut plain)?;
            Ok(plain)
        }
        _ => Err(io::Error::other("they are of no known form")),
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::Invalid { what: format!("sums of a file are damaged: {what}") }
}

/// What [`encode`] wrote.
pub(super) fn read(bytes: &[u8]) -> Result<Blob, Error> {
    let plain = unpacked(bytes).map_err(|error| damaged(&error.to_string()))?;
    postcard::from_bytes(&plain).map_err(|error| damaged(&error.to_string()))
}

/// The rows that [`encode`] was given, by bucket, direction and values.
pub(super) fn decode(dimension: &Dimension, bytes: &[u8]) -> Result<RecordBatch, Error> {
    let invalid = damaged;
    let blob = read(bytes)?;
    let rows = blob.counts[0].len();
    let texts = texts_of(&blob).ok_or_else(|| invalid("a number is too large"))?;
    let text =
        |index: i64| usize::try_from(index).ok().and_then(|index| texts.get(index)).map(String::as_str);
    let directions: Option<StringArray> =
        blob.directions.iter().map(|direction| text(i64::from(*direction)).map(Some)).collect();
    let directions = directions.ok_or_else(|| invalid("a direction is not among its texts"))?;
    let bucket = dimension.bucket();
    let at = sums_of(&blob.buckets).map(|number| bucket.start(number).micros());
    let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC");
    let mut columns: Vec<ArrayRef> = vec![Arc::new(directions), Arc::new(at)];
    for values in &blob.values {
        let values: Option<StringArray> = sums_of(values)
            .map(|index| if index == 0 { Some(None) } else { text(index - 1).map(Some) })
            .collect();
        columns.push(Arc::new(values.ok_or_else(|| invalid("a value is not among its texts"))?));
    }
    for numbers in blob.counts.into_iter().take(dimension.counts().len()) {
        columns.push(Arc::new(Int64Array::from(or_zeros(numbers, rows))));
    }
    for amounts in blob.amounts.into_iter().take(dimension.amounts().len()) {
        columns.push(Arc::new(Decimal128Array::from(or_zeros(amounts, rows)).with_data_type(MONEY)));
    }
    RecordBatch::try_new(dimension.schema(), columns).map_err(|error| invalid(&error.to_string()))
}

/// The number that a text stands for and is written as.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+')?;
    let plain = digits.len() <= MOST_DIGITS && !digits.starts_with('0');
    let plain = plain && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn texts_of(blob: &Blob) -> Option<Vec<String>> {
    let mut texts = Vec::with_capacity(blob.numbers.len() + blob.texts.len());
    let mut number = 0_u64;
    for difference in &blob.numbers {
        number = number.checked_add(*difference)?;
        texts.push(format!("+{number}"));
    }
    texts.extend(blob.texts.iter().cloned());
    Some(texts)
}

fn differences(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut before = 0;
    values.map(|value| value.wrapping_sub(std::mem::replace(&mut before, value))).collect()
}

pub(super) fn sums_of(differences: &[i64]) -> impl Iterator<Item = i64> {
    differences.iter().scan(0_i64, |sum, difference| {
        *sum = sum.wrapping_add(*difference);
        Some(*sum)
    })
}

fn unless_zero<T: Default + PartialEq>(values: Vec<T>) -> Vec<T> {
    if values.iter().all(|value| *value == T::default()) { Vec::new() } else { values }
}

fn or_zeros<T: Clone + Default>(values: Vec<T>, rows: usize) -> Vec<T> {
    if values.is_empty() { vec![T::default(); rows] } else { values }
}
