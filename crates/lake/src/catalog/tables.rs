//! Between our tables and the ids and types DuckLake knows them by.

use arrow::datatypes::{DataType, Schema, TimeUnit};

use crate::error::Error;
use crate::table::Table;

/// DuckLake `table_id`s and the partitioning of the tables of one catalog.
#[derive(Debug, Clone)]
pub(crate) struct TableIds {
    /// In the order of [`Table::ALL`].
    ids: Vec<(Table, i64, Option<i64>)>,
}

impl TableIds {
    /// From (table, `table_id`, `partition_id`); every table must be there.
    pub(super) fn new(ids: Vec<(Table, i64, Option<i64>)>) -> Result<Self, Error> {
        match Table::ALL.iter().find(|table| !ids.iter().any(|(known, ..)| known == *table)) {
            None => Ok(Self { ids }),
            Some(missing) => {
                Err(Error::Invalid { what: format!("the catalog has no table {}", missing.name()) })
            }
        }
    }

    pub(crate) fn table_id(&self, table: Table) -> i64 {
        self.ids.iter().find(|(known, ..)| *known == table).map_or(-1, |(_, id, _)| *id)
    }

    pub(crate) fn partition_id(&self, table: Table) -> Option<i64> {
        self.ids.iter().find(|(known, ..)| *known == table).and_then(|(.., partition_id)| *partition_id)
    }

    /// The table of an id; `None` for one that somebody else has made.
    pub(crate) fn table(&self, table_id: i64) -> Option<Table> {
        self.ids.iter().find(|(_, id, _)| *id == table_id).map(|(table, ..)| *table)
    }
}

/// DuckLake `column_id` of a column: its 1-based position.
pub(crate) fn column_id(schema: &Schema, name: &str) -> Option<i64> {
    schema.index_of(name).ok().and_then(|index| i64::try_from(index + 1).ok())
}

/// DuckLake name of a column type (DuckLake 1.0, data types).
pub(super) fn column_type(data_type: &DataType) -> Result<String, Error> {
    let name = match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "blob",
        DataType::Boolean => "boolean",
        DataType::Int8 => "int8",
        DataType::Int16 => "int16",
        DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::Float32 => "float32",
        DataType::Float64 => "float64",
        DataType::Date32 => "date",
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamptz",
        DataType::Decimal128(precision, scale) => return Ok(format!("decimal({precision},{scale})")),
        other => return Err(Error::Invalid { what: format!("type {other} has no DuckLake form here") }),
    };
    Ok(name.to_owned())
}
