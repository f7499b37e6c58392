//! The types of columns, as ODBC and JDBC number them ("Arrow Flight SQL", XdbcTypeInfo).

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{CommandGetXdbcTypeInfo, Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode};

/// Name, number, digits or characters at most, and what encloses a literal.
type Known = (&'static str, XdbcDataType, Option<i32>, Option<&'static str>);

const QUOTE: Option<&str> = Some("'");

const TYPES: &[Known] = &[
    ("boolean", XdbcDataType::XdbcBit, Some(1), None),
    ("smallint", XdbcDataType::XdbcSmallint, Some(5), None),
    ("integer", XdbcDataType::XdbcInteger, Some(10), None),
    ("bigint", XdbcDataType::XdbcBigint, Some(19), None),
    ("real", XdbcDataType::XdbcReal, Some(7), None),
    ("double precision", XdbcDataType::XdbcDouble, Some(15), None),
    ("numeric", XdbcDataType::XdbcDecimal, Some(38), None),
    ("text", XdbcDataType::XdbcVarchar, None, QUOTE),
    ("bytea", XdbcDataType::XdbcVarbinary, None, QUOTE),
    ("date", XdbcDataType::XdbcDate, Some(10), QUOTE),
    ("time", XdbcDataType::XdbcTime, Some(15), QUOTE),
    ("timestamp", XdbcDataType::XdbcTimestamp, Some(26), QUOTE),
    ("timestamptz", XdbcDataType::XdbcTimestamp, Some(32), QUOTE),
];

pub(super) fn answer(wanted: CommandGetXdbcTypeInfo) -> Result<RecordBatch, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for known in TYPES {
        types.append(info(*known));
    }
    types.build()?.record_batch(wanted.data_type)
}

fn info((name, number, size, quote): Known) -> XdbcTypeInfo {
    let datetime_subcode = match name {
        "date" => Some(XdbcDatetimeSubcode::XdbcSubcodeYear),
        "time" => Some(XdbcDatetimeSubcode::XdbcSubcodeTime),
        "timestamp" => Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp),
        "timestamptz" => Some(XdbcDatetimeSubcode::XdbcSubcodeTimestampWithTimezone),
        _ => None,
    };
    let sql_data_type = if datetime_subcode.is_some() { XdbcDataType::XdbcDatetime } else { number };
    let is_number = quote.is_none() && number != XdbcDataType::XdbcBit;
    let is_decimal = number == XdbcDataType::XdbcDecimal;
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type: number,
        column_size: size,
        literal_prefix: quote.map(str::to_owned),
        literal_suffix: quote.map(str::to_owned),
        create_params: is_decimal.then(|| vec!["precision".to_owned(), "scale".to_owned()]),
        nullable: Nullable::NullabilityNullable,
        case_sensitive: name == "text",
        searchable: Searchable::Full,
        unsigned_attribute: is_number.then_some(false),
        fixed_prec_scale: false,
        auto_increment: is_number.then_some(false),
        local_type_name: Some(name.to_owned()),
        minimum_scale: is_decimal.then_some(0),
        maximum_scale: is_decimal.then_some(38),
        sql_data_type,
        datetime_subcode,
        num_prec_radix: is_number.then_some(10),
        interval_precision: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_finds_its_types() {
        let count = |data_type| answer(CommandGetXdbcTypeInfo { data_type }).unwrap().num_rows();
        assert_eq!(count(None), TYPES.len());
        assert_eq!(count(Some(XdbcDataType::XdbcTimestamp as i32)), 2);
        assert_eq!(count(Some(12_345)), 0);
    }
}
