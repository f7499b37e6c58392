//! The types of columns, by the names SQL has for them.

use arrow::datatypes::{DataType, Schema};
use serde_json::json;

/// The name PostgreSQL has for a type.
#[must_use]
pub fn sql_type(kind: &DataType) -> String {
    let name = match kind {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => "smallint",
        DataType::UInt16 | DataType::Int32 => "integer",
        DataType::UInt32 | DataType::Int64 => "bigint",
        DataType::UInt64 => "numeric",
        DataType::Float16 | DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => "text",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytea"
        }
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Timestamp(_, Some(_)) => "timestamptz",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Interval(_) | DataType::Duration(_) => "interval",
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => return format!("numeric({precision},{scale})"),
        DataType::Dictionary(_, value) => return sql_type(value),
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => {
            return format!("{}[]", sql_type(item.data_type()));
        }
        _ => "record",
    };
    name.to_owned()
}

/// Names, SQL types and nullability of columns, as a JSON array in ASCII, which also a header can hold.
#[must_use]
pub fn columns_json(schema: &Schema) -> String {
    let columns = schema.fields().iter().map(|field| {
        json!({ "name": field.name(), "type": sql_type(field.data_type()), "nullable": field.is_nullable() })
    });
    let text = serde_json::Value::Array(columns.collect()).to_string();
    let mut ascii = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                ascii += &format!("\\u{unit:04x}");
            }
        }
    }
    ascii
}

/// The start of a JSON answer, up to its rows.
pub(super) fn opening(schema: &Schema) -> String {
    format!("{{\"columns\":{},\"rows\":", columns_json(schema))
}
