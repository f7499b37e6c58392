//! Types of the wire: the oid of an Arrow type, and back for parameters.

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use pgwire::messages::data::{FieldDescription, RowDescription};

/// Text and binary, as the wire numbers them.
pub(crate) const TEXT: i16 = 0;
pub(crate) const BINARY: i16 = 1;

pub(crate) mod oid {
    pub(crate) const BOOL: u32 = 16;
    pub(crate) const BYTEA: u32 = 17;
    pub(crate) const INT8: u32 = 20;
    pub(crate) const INT2: u32 = 21;
    pub(crate) const INT4: u32 = 23;
    pub(crate) const TEXT: u32 = 25;
    pub(crate) const OID: u32 = 26;
    pub(crate) const JSON: u32 = 114;
    pub(crate) const FLOAT4: u32 = 700;
    pub(crate) const FLOAT8: u32 = 701;
    pub(crate) const DATE: u32 = 1_082;
    pub(crate) const TIME: u32 = 1_083;
    pub(crate) const TIMESTAMP: u32 = 1_114;
    pub(crate) const TIMESTAMPTZ: u32 = 1_184;
    pub(crate) const INTERVAL: u32 = 1_186;
    pub(crate) const NUMERIC: u32 = 1_700;
}

/// The type and its bytes, -1 when they vary.
pub(crate) fn of(data_type: &DataType) -> (u32, i16) {
    match data_type {
        DataType::Boolean => (oid::BOOL, 1),
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => (oid::INT2, 2),
        DataType::Int32 | DataType::UInt16 => (oid::INT4, 4),
        DataType::Int64 | DataType::UInt32 => (oid::INT8, 8),
        DataType::Float16 | DataType::Float32 => (oid::FLOAT4, 4),
        DataType::Float64 => (oid::FLOAT8, 8),
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => (oid::NUMERIC, -1),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            (oid::BYTEA, -1)
        }
        DataType::Date32 | DataType::Date64 => (oid::DATE, 4),
        DataType::Time32(_) | DataType::Time64(_) => (oid::TIME, 8),
        DataType::Timestamp(_, None) => (oid::TIMESTAMP, 8),
        DataType::Timestamp(_, Some(_)) => (oid::TIMESTAMPTZ, 8),
        DataType::Interval(_) | DataType::Duration(_) => (oid::INTERVAL, 16),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            (array_of(of(item.data_type()).0), -1)
        }
        DataType::Dictionary(_, value) => of(value),
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => (oid::JSON, -1),
        _ => (oid::TEXT, -1),
    }
}

fn array_of(element: u32) -> u32 {
    match element {
        oid::BOOL => 1_000,
        oid::BYTEA => 1_001,
        oid::INT2 => 1_005,
        oid::INT4 => 1_007,
        oid::INT8 => 1_016,
        oid::FLOAT4 => 1_021,
        oid::FLOAT8 => 1_022,
        oid::DATE => 1_182,
        oid::TIME => 1_183,
        oid::TIMESTAMP => 1_115,
        oid::TIMESTAMPTZ => 1_185,
        oid::INTERVAL => 1_187,
        oid::NUMERIC => 1_231,
        // Also of arrays in arrays, whose text says what they are.
        _ => 1_009,
    }
}

/// The Arrow type a parameter of this type is read as; `None` where the statement decides.
pub(crate) fn arrow(oid: u32) -> Option<DataType> {
    Some(match oid {
        oid::BOOL => DataType::Boolean,
        oid::INT2 => DataType::Int16,
        oid::INT4 | oid::OID => DataType::Int32,
        oid::INT8 => DataType::Int64,
        oid::FLOAT4 => DataType::Float32,
        oid::FLOAT8 => DataType::Float64,
        oid::NUMERIC => DataType::Decimal128(38, 9),
        oid::DATE => DataType::Date32,
        oid::TIME => DataType::Time64(TimeUnit::Microsecond),
        oid::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        oid::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => return None,
    })
}

/// The format of a column by what Bind says: none is text, one is of all.
pub(crate) fn format(formats: &[i16], column: usize) -> i16 {
    match formats {
        [] => TEXT,
        [all] => *all,
        each => each.get(column).copied().unwrap_or(TEXT),
    }
}

pub(crate) fn describe(schema: &Schema, formats: &[i16]) -> RowDescription {
    let fields = schema.fields().iter().enumerate().map(|(column, field)| {
        let (mut type_id, mut bytes) = of(field.data_type());
        if field.metadata().get("pg_type").is_some_and(|name| name == "oid") {
            (type_id, bytes) = (oid::OID, 4);
        }
        let name = field.name().clone();
        FieldDescription::new(name, 0, 0, type_id, bytes, modifier(field), format(formats, column))
    });
    RowDescription::new(fields.collect())
}

/// Precision and scale of a numeric, as PostgreSQL's `numerictypmodin` packs them.
fn modifier(field: &Field) -> i32 {
    match field.data_type() {
        DataType::Decimal128(precision, scale) => {
            ((i32::from(*precision) << 16) | (i32::from(*scale) & 0x7ff)) + 4
        }
        _ => -1,
    }
}
