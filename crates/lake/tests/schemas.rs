//! The Arrow schemas of the tables are those of `schemas/tables/`.

use std::path::Path;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use callhouse_lake::{Role, Table};
use serde::Deserialize;

#[derive(Deserialize)]
struct Stated {
    table: String,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    r#type: String,
    nullable: bool,
}

fn stated(table: Table) -> Stated {
    // A recent table has the columns of the settled one of its family.
    let name = match table.role() {
        Role::Recent(family) => family.settled().name(),
        Role::Archive | Role::Rejections | Role::Settled(_) => table.name(),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../schemas/tables/{name}.v1.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let stated: Stated = toml::from_str(&text).expect("a table file");
    assert_eq!(stated.table, name);
    stated
}

fn arrow_type(name: &str) -> DataType {
    match name {
        "text" => DataType::Utf8,
        "instant" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "binary" => DataType::Binary,
        "decimal(5,3)" => DataType::Decimal128(5, 3),
        "decimal(18,6)" => DataType::Decimal128(18, 6),
        other => panic!("type {other:?} has no Arrow form"),
    }
}

fn columns(schema: &Schema) -> Vec<(String, DataType, bool)> {
    let column = |field: &std::sync::Arc<arrow::datatypes::Field>| {
        (field.name().clone(), field.data_type().clone(), field.is_nullable())
    };
    schema.fields().iter().map(column).collect()
}

#[test]
fn every_table_has_the_columns_its_schema_file_states() {
    for table in Table::ALL {
        let wanted: Vec<_> = stated(table)
            .columns
            .iter()
            .map(|column| (column.name.clone(), arrow_type(&column.r#type), column.nullable))
            .collect();
        assert_eq!(columns(&table.schema()), wanted, "{}", table.name());
    }
}
