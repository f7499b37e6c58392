//! The callers of an account in a file as numbers, from which different callers are counted.
//!
//! Nearly all callers are E.164 numbers, and a file names those of a month in ascending order. As integers they take a
//! third of the memory of [`CALLER`]'s rows, and lists of them are merged where texts would have to be
//! hashed.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::blob::{self, Blob, damaged};
use super::calls::CALLER;
use super::{Bucket, Dimension};
use crate::error::Error;
use callhouse_core::Timestamp;

/// The callers of one month and account: each once, with its calls.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Months since January 1970.
    month: i64,
    /// Those that are `+` and a number of at most 18 digits, ascending.
    numbers: Vec<u64>,
    /// By number.
    calls: Vec<i32>,
    others: Vec<(Box<str>, i64)>,
}

impl Callers {
    /// The callers of each month in the bytes of [`CALLER`].
    ///
    /// # Errors
    /// [`Error::Invalid`] when they are damaged.
    pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        let blob = blob::read(bytes)?;
        let [values] = &blob.values[..] else { return Err(damaged("they are of no callers")) };
        if values.len() != blob.counts[0].len() || blob.buckets.len() != blob.counts[0].len() {
            return Err(damaged("they are of several lengths"));
        }
        let numbers = numbers_of(&blob)?;
        let mut months: Vec<Self> = Vec::new();
        let rows = blob::sums_of(&blob.buckets).zip(blob::sums_of(values)).zip(&blob.counts[0]);
        for ((month, value), calls) in rows {
            if months.last().is_none_or(|last| last.month != month) {
                months.push(Self { month, ..Self::default() });
            }
            let last = months.last_mut().ok_or_else(|| damaged("they have no month"))?;
            // 0 is null, which no caller is.
            let index = usize::try_from(value - 1).map_err(|_| damaged("a caller is null"))?;
            match (numbers.get(index), i32::try_from(*calls)) {
                (Some(number), Ok(calls)) => {
                    last.numbers.push(*number);
                    last.calls.push(calls);
                }
                (Some(number), Err(_)) => last.others.push((format!("+{number}").into(), *calls)),
                (None, _) => {
                    let text = blob.texts.get(index - numbers.len());
                    let text = text.ok_or_else(|| damaged("a value is not among its texts"))?;
                    last.others.push((text.as_str().into(), *calls));
                }
            }
        }
        Ok(months)
    }

    pub(super) fn size_bytes(&self) -> usize {
        let others = self.others.iter().map(|(text, _)| size_of::<(Box<str>, i64)>() + text.len());
        size_of::<Self>() + self.numbers.len() * (size_of::<u64>() + size_of::<i32>()) + others.sum::<usize>()
    }

    /// Memory that the numbers take when they are counted.
    #[must_use]
    pub const fn merged_bytes(&self) -> usize {
        self.numbers.len() * size_of::<u64>()
    }

    fn calls_of(&self, number: u64) -> i64 {
        self.numbers.binary_search(&number).map_or(0, |at| i64::from(self.calls[at]))
    }
}

fn numbers_of(blob: &Blob) -> Result<Vec<u64>, Error> {
    let mut number = 0_u64;
    let next = |difference: &u64| {
        number = number.checked_add(*difference)?;
        Some(number)
    };
    let numbers: Option<Vec<u64>> = blob.numbers.iter().map(next).collect();
    numbers.ok_or_else(|| damaged("a number is too large"))
}

/// Counts different callers.
///
/// Callers of whole months are named by them. What is to be added or taken away besides, call by call, is kept apart
/// by caller, because only those from whom something was taken have to be looked at again.
#[derive(Debug, Default)]
pub struct CallerCount {
    /// Calls of callers that are numbers, and of the others, beside those of whole months.
    numbers: HashMap<u64, i64>,
    others: HashMap<Box<str>, i64>,
}

impl CallerCount {
    /// Adds terms of the dimension [`callers`], of its columns `caller` and `calls`, in this order.
    ///
    /// # Errors
    /// [`Error::Invalid`] when these are not its columns.
    pub fn add(&mut self, terms: &RecordBatch) -> Result<(), Error> {
        let wrong = || Error::Invalid { what: "callers are texts, and their calls numbers".to_owned() };
        let [callers, calls] = terms.columns() else { return Err(wrong()) };
        let callers = callers.as_string_opt::<i32>().ok_or_else(wrong)?;
        let calls = calls.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        for row in (0..terms.num_rows()).filter(|row| callers.is_valid(*row)) {
            let caller = callers.value(row);
            let sum = match blob::number(caller) {
                Some(number) => self.numbers.entry(number).or_default(),
                None => match self.others.get_mut(caller) {
                    Some(sum) => sum,
                    None => self.others.entry(caller.into()).or_default(),
                },
            };
            *sum += calls.value(row);
        }
        Ok(())
    }

    /// Bytes of memory taken.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        const ENTRY_BYTES: usize = 32;
        (self.numbers.capacity() + self.others.capacity()) * ENTRY_BYTES
    }

    /// How many different callers have calls in the months from that of `start` to before that of `end`, or among
    /// what was added.
    #[must_use]
    pub fn finish(mut self, months: &[&Callers], start: Timestamp, end: Timestamp) -> u64 {
        let range = Bucket::Month.of(start)..Bucket::Month.of(end);
        let months: Vec<&Callers> =
            months.iter().copied().filter(|callers| range.contains(&callers.month)).collect();
        for (caller, calls) in months.iter().flat_map(|month| &month.others) {
            match blob::number(caller) {
                Some(number) => *self.numbers.entry(number).or_default() += calls,
                None => *self.others.entry(caller.clone()).or_default() += calls,
            }
        }
        let others = self.others.values().filter(|calls| **calls > 0).count();
        let gone = |number: u64, added: i64| {
            added + months.iter().map(|month| month.calls_of(number)).sum::<i64>() <= 0
        };
        let gone: HashSet<u64> = self
            .numbers
            .iter()
            .filter(|(number, added)| **added <= 0 && gone(**number, **added))
            .map(|(number, _)| *number)
            .collect();
        let mut all: Vec<u64> = months.iter().flat_map(|month| &month.numbers).copied().collect();
        let mut apart: Vec<u64> = self.numbers.keys().copied().collect();
        apart.sort_unstable();
        all.extend(apart);
        // Lists that ascend are merged, which a stable sort does where it finds them.
        all.sort();
        all.dedup();
        let numbers = if gone.is_empty() {
            all.len()
        } else {
            all.iter().filter(|number| !gone.contains(number)).count()
        };
        u64::try_from(others + numbers).unwrap_or(u64::MAX)
    }
}

/// The dimension of callers.
#[must_use]
pub const fn callers() -> &'static Dimension {
    &CALLER
}

/// The columns that [`CallerCount::add`] takes, by index.
#[must_use]
pub fn counted_columns() -> Vec<usize> {
    let schema = CALLER.schema();
    ["caller", "calls"].iter().filter_map(|name| schema.index_of(name).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;
    use crate::sums::blob::{Key, Sum, encode};

    const TEXTS: [&str; 6] = ["inbound", "+331", "+4420", "1001", "+0123", "+1234567890123456789"];

    /// Calls of a caller, an index of `TEXTS`, in a month.
    type Stated = BTreeMap<(i64, u32), i64>;

    fn stated(most: i64) -> impl Strategy<Value = Stated> {
        prop::collection::btree_map((0..4_i64, 1..6_u32), 1..most, 0..12)
    }

    fn bytes(stated: &Stated) -> Vec<u8> {
        let texts: Vec<Box<str>> = TEXTS.iter().map(|text| (*text).into()).collect();
        let sums = stated.iter().map(|((month, caller), calls)| {
            let key = Key { bucket: *month, direction: 0, values: [Some(*caller), None, None] };
            (key, Sum { counts: [*calls, 0, 0], ..Sum::default() })
        });
        encode(&CALLER, &texts, &sums.collect()).expect("encodes")
    }

    fn terms(terms: &[(u32, i64)]) -> RecordBatch {
        let text = |caller: u32| TEXTS[usize::try_from(caller).expect("an index")];
        let callers: ArrayRef =
            Arc::new(StringArray::from_iter_values(terms.iter().map(|term| text(term.0))));
        let calls: ArrayRef = Arc::new(Int64Array::from_iter_values(terms.iter().map(|term| term.1)));
        RecordBatch::try_from_iter([("caller", callers), ("calls", calls)]).expect("terms")
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn lak_3_callers_are_those_whose_calls_are_not_all_taken_away(
            files in prop::collection::vec(prop_oneof![stated(4), stated(i64::from(i32::MAX) + 9)], 0..4),
            apart in prop::collection::vec((1..6_u32, -3..3_i64), 0..12),
        ) {
            let decoded: Vec<Vec<Callers>> =
                files.iter().map(|stated| Callers::decode(&bytes(stated)).expect("decodes")).collect();
            let months: Vec<&Callers> = decoded.iter().flatten().collect();
            let mut count = CallerCount::default();
            count.add(&terms(&apart)).expect("terms");
            let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
            let within = files.iter().flatten().filter(|((month, _), _)| (1..3).contains(month));
            for (caller, calls) in within.map(|((_, caller), calls)| (*caller, *calls)).chain(apart) {
                *sums.entry(caller).or_default() += calls;
            }
            let expected = sums.values().filter(|calls| **calls > 0).count();
            let counted = count.finish(&months, Bucket::Month.start(1), Bucket::Month.start(3));
            prop_assert_eq!(counted, u64::try_from(expected).expect("few"));
        }
    }

    #[test]
    fn damage_is_an_error() {
        let whole = bytes(&[((1, 1), 2), ((1, 3), 1), ((2, 5), 7)].into());
        Callers::decode(&whole).expect("decodes");
        Callers::decode(&whole[..whole.len() - 1]).expect_err("cut off");
        Callers::decode(&[9, 9, 9]).expect_err("of no known form");
    }
}
