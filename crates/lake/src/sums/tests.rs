//! Sums as bytes and back, and what a file says of its rows.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use callhouse_core::Timestamp;
use proptest::prelude::*;

use super::blob::{Key, Sum, decode, encode};
use super::dimension::{MOST_AMOUNTS, MOST_COUNTS, MOST_DIMENSIONS, MOST_VALUES};
use super::{Bucket, Dimension};
use crate::family::Family;

const TEXTS: [&str; 8] =
    ["inbound", "outbound", "+33611111111", "+442071838750", "1001", "+0123", "", "+1234567890123456789"];

fn dimensions() -> Vec<&'static Dimension> {
    Family::ALL.iter().flat_map(|family| family.sums().dimensions).copied().collect()
}

fn sums(dimension: &'static Dimension) -> impl Strategy<Value = BTreeMap<Key, Sum>> {
    let count = dimension.values.len();
    let value = proptest::option::of(2..8_u32);
    let key = (-3..1_000_i64, 0..2_u32, [value.clone(), value.clone(), value]).prop_map(
        move |(bucket, direction, mut values)| {
            values[count..].fill(None);
            Key { bucket, direction, values }
        },
    );
    let count = (any::<i32>(), 0..3_i64, any::<i32>());
    let sum =
        (count, (any::<i64>(), -1..1_i64)).prop_map(move |((first, second, third), (debit, credit))| {
            let mut sum =
                Sum { counts: [first.into(), second, third.into()], amounts: [debit.into(), credit.into()] };
            sum.counts[dimension.counts().len()..].fill(0);
            sum.amounts[dimension.amounts().len()..].fill(0);
            sum
        });
    proptest::collection::btree_map(key, sum, 0..12)
}

/// Rows as instant, direction, values and numbers, in an order of their own.
type Row = (i64, String, Vec<Option<String>>, Vec<i128>);

fn rows(dimension: &Dimension, batch: &RecordBatch) -> Vec<Row> {
    let count = dimension.values.len();
    let row = |row: usize| {
        let text = |column: usize| {
            let column = batch.column(column).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let at = batch.column(1).as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value(row);
        let int_count = dimension.counts().len();
        let column_count = int_count + dimension.amounts().len();
        let ints = (0..int_count).map(|column| {
            i128::from(batch.column(2 + count + column).as_primitive::<Int64Type>().value(row))
        });
        let amounts = (int_count..column_count)
            .map(|column| batch.column(2 + count + column).as_primitive::<Decimal128Type>().value(row));
        let numbers = ints.chain(amounts).collect();
        (at, text(0).expect("a direction"), (0..count).map(|value| text(2 + value)).collect(), numbers)
    };
    let mut rows: Vec<Row> = (0..batch.num_rows()).map(row).collect();
    rows.sort();
    rows
}

fn expected(dimension: &Dimension, sums: &BTreeMap<Key, Sum>) -> Vec<Row> {
    let text = |id: u32| TEXTS[usize::try_from(id).expect("an index")].to_owned();
    let row = |(key, sum): (&Key, &Sum)| {
        let values = key.values[..dimension.values.len()].iter().map(|value| value.map(text)).collect();
        let counts = sum.counts.map(i128::from).into_iter().take(dimension.counts().len());
        let numbers = counts.chain(sum.amounts.into_iter().take(dimension.amounts().len())).collect();
        (dimension.bucket.start(key.bucket).micros(), text(key.direction), values, numbers)
    };
    let mut rows: Vec<Row> = sums.iter().map(row).collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_come_back_as_they_were(
        (dimension, sums) in proptest::sample::select(dimensions())
            .prop_flat_map(|dimension| (Just(dimension), sums(dimension)))
    ) {
        let texts = TEXTS.map(Box::from);
        let bytes = encode(dimension, &texts, &sums).expect("bytes");
        let batch = decode(dimension, &bytes).expect("rows");
        prop_assert_eq!(rows(dimension, &batch), expected(dimension, &sums));
        let at = batch.column(1).as_primitive::<arrow::datatypes::TimestampMicrosecondType>().values();
        prop_assert!(at.is_sorted(), "readers cut ranges out by bisection");
    }

    #[test]
    fn damaged_sums_are_an_error_and_no_panic(cut in 0..40_usize, flipped in 0..40_usize, bit in 0..8_u8) {
        let texts = TEXTS.map(Box::from);
        let did = Family::Calls.sums().dimension("did").expect("a dimension");
        let key = Key { bucket: 5, direction: 0, values: [Some(2), Some(3), None] };
        let sums = BTreeMap::from([(key, Sum { counts: [3, 0, 7], ..Sum::default() })]);
        let mut bytes = encode(did, &texts, &sums).expect("bytes");
        if let Some(byte) = bytes.get_mut(flipped) {
            *byte ^= 1 << bit;
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        // Either way is right: a flipped bit may make other sums of the same form.
        if let Err(error) = decode(did, &bytes) {
            prop_assert!(error.to_string().contains("damaged"), "{}", error);
        }
    }
}

#[test]
fn whole_buckets_lie_within_a_range() {
    let at = |text: &str| Timestamp::parse_rfc3339(text).expect("an instant");
    let cases = [
        (
            Bucket::Hour,
            "2026-03-28T22:30:00Z",
            "2026-03-29T01:10:00Z",
            Some(("2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z")),
        ),
        (
            Bucket::Hour,
            "2026-03-28T22:00:00Z",
            "2026-03-28T23:00:00Z",
            Some(("2026-03-28T22:00:00Z", "2026-03-28T23:00:00Z")),
        ),
        (Bucket::Hour, "2026-03-28T22:00:01Z", "2026-03-28T23:59:59Z", None),
        (
            Bucket::Day,
            "2026-03-28T00:00:00Z",
            "2026-03-30T12:00:00Z",
            Some(("2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z")),
        ),
        (
            Bucket::Month,
            "2025-11-02T00:00:00Z",
            "2026-03-01T00:00:00Z",
            Some(("2025-12-01T00:00:00Z", "2026-03-01T00:00:00Z")),
        ),
        (Bucket::Month, "2026-03-01T00:00:00.000001Z", "2026-04-30T23:00:00Z", None),
        (
            Bucket::Day,
            "1969-12-30T12:00:00Z",
            "1970-01-01T00:00:00Z",
            Some(("1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z")),
        ),
        (Bucket::Day, "2026-03-30T00:00:00Z", "2026-03-28T00:00:00Z", None),
    ];
    for (bucket, from, to, wanted) in cases {
        let found = bucket.whole_within(at(from), at(to));
        assert_eq!(found, wanted.map(|(start, end)| (at(start), at(end))), "{bucket:?} {from} {to}");
    }
}

#[test]
fn files_have_room_for_the_sums_of_every_family() {
    for family in Family::ALL {
        let sums = family.sums();
        assert!(sums.dimensions.len() <= MOST_DIMENSIONS, "{family:?}");
        assert!((1..=MOST_COUNTS).contains(&sums.counts.len()), "{family:?}");
        assert!(sums.amounts.len() <= MOST_AMOUNTS, "{family:?}");
        for (index, dimension) in sums.dimensions.iter().enumerate() {
            assert_eq!((dimension.family, dimension.index()), (family, index), "{}", dimension.name);
            assert!(dimension.required_values <= dimension.values.len(), "{}", dimension.name);
            assert!(dimension.values.len() <= MOST_VALUES, "{}", dimension.name);
            let schema = family.settled().schema();
            let all: Vec<usize> = (0..dimension.schema().fields().len()).collect();
            for column in dimension.record_columns(&all) {
                schema.index_of(column).expect("a column of the family");
            }
        }
    }
}
