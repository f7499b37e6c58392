//! Keys, of which there are none: rows of the same call are told apart by the engine, not by a constraint.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::error::FlightError;

/// No row of the columns of GetPrimaryKeys ("Arrow Flight SQL", CommandGetPrimaryKeys).
pub(super) fn primary() -> Result<RecordBatch, FlightError> {
    none(vec![
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("column_name", false),
        text("key_name", true),
        Field::new("key_sequence", DataType::Int32, false),
    ])
}

/// No row of the columns of GetImportedKeys, GetExportedKeys and GetCrossReference.
pub(super) fn foreign() -> Result<RecordBatch, FlightError> {
    none(vec![
        text("pk_catalog_name", true),
        text("pk_db_schema_name", true),
        text("pk_table_name", false),
        text("pk_column_name", false),
        text("fk_catalog_name", true),
        text("fk_db_schema_name", true),
        text("fk_table_name", false),
        text("fk_column_name", false),
        Field::new("key_sequence", DataType::Int32, false),
        text("fk_key_name", true),
        text("pk_key_name", true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ])
}

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn none(fields: Vec<Field>) -> Result<RecordBatch, FlightError> {
    Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
}
