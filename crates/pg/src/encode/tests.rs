//! Values against what PostgreSQL 15 sends for them (`SELECT …`, `*_send(…)`).

use std::sync::Arc;

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    IntervalMonthDayNanoArray, ListArray, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Int32Type, IntervalMonthDayNano};

use super::*;
use crate::types::TEXT;

fn text(column: impl Array + 'static) -> String {
    let mut out = BytesMut::new();
    text::put(&canonical(&(Arc::new(column) as ArrayRef)).unwrap(), 0, &mut out);
    String::from_utf8(out.to_vec()).unwrap()
}

fn hex(column: impl Array + 'static) -> String {
    let mut out = BytesMut::new();
    binary::put(&canonical(&(Arc::new(column) as ArrayRef)).unwrap(), 0, &mut out);
    out.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn money(value: i128, scale: i8) -> Decimal128Array {
    Decimal128Array::from(vec![value]).with_precision_and_scale(38, scale).unwrap()
}

#[test]
fn mon_1_decimals_are_written_digit_by_digit() {
    assert_eq!(text(money(-1_500_000, 6)), "-1.500000");
    assert_eq!(text(money(5, 6)), "0.000005");
    assert_eq!(text(money(0, 0)), "0");
    // ndigits, weight, sign, dscale, digits
    assert_eq!(hex(money(1_500_000, 6)), "000200000000000600011388");
    assert_eq!(hex(money(-12_345_678_901, 3)), "000300014000000304d2162e2332");
    assert_eq!(hex(money(0, 6)), "0000000000000006");
    assert_eq!(hex(money(5, 6)), "0001fffe0000000601f4");
    assert_eq!(hex(money(100_000_000, 0)), "00010002000000000001");
}

#[test]
fn tim_1_instants_are_utc_with_their_offset() {
    let at = TimestampMicrosecondArray::from(vec![1_767_225_600_120_000]).with_timezone("UTC");
    assert_eq!(text(at.clone()), "2026-01-01 00:00:00.12+00");
    assert_eq!(hex(at), format!("{:016x}", 1_767_225_600_120_000_i64 - 946_684_800_000_000));
    assert_eq!(text(Date32Array::from(vec![-1])), "1969-12-31");
    assert_eq!(hex(Date32Array::from(vec![10_957])), "00000000");
}

#[test]
fn other_values_look_as_postgresql_prints_them() {
    assert_eq!(text(BooleanArray::from(vec![true])), "t");
    assert_eq!(text(BooleanArray::from(vec![false])), "f");
    assert_eq!(text(BinaryArray::from(vec![b"\x00\xff".as_slice()])), "\\x00ff");
    for (value, wanted) in
        [(1.0, "1"), (0.1, "0.1"), (1e300, "1e+300"), (1e-7, "1e-07"), (f64::NEG_INFINITY, "-Infinity")]
    {
        assert_eq!(text(Float64Array::from(vec![value])), wanted);
    }
    assert_eq!(text(Float64Array::from(vec![f64::NAN])), "NaN");
    let interval = |months, days, nanos| {
        text(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(months, days, nanos)]))
    };
    assert_eq!(interval(13, 2, 3_600_500_000_000), "1 year 1 mon 2 days 01:00:00.5");
    assert_eq!(
        (interval(0, 0, 0).as_str(), interval(0, 0, -1_000_000_000).as_str()),
        ("00:00:00", "-00:00:01")
    );
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None])]);
    assert_eq!(text(list.clone()), "{1,NULL}");
    assert_eq!(hex(list), "00000001000000010000001700000002000000010000000400000001ffffffff");
}

#[test]
fn a_row_states_its_length_and_that_of_each_value() {
    let batch = RecordBatch::try_from_iter([
        ("a", Arc::new(StringArray::from(vec![Some("x"), None])) as ArrayRef),
        ("b", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
    ])
    .unwrap();
    let rows = Rows::new(&batch, &[TEXT, BINARY]).unwrap();
    let mut out = BytesMut::new();
    rows.write(1, &mut out);
    assert_eq!(&out[..], b"D\0\0\0\x16\0\x02\xff\xff\xff\xff\0\0\0\x08\0\0\0\0\0\0\0\x02");
}
