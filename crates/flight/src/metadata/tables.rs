//! Catalogs, schemas and tables. Patterns have `%` and `_`, with `\` before those that mean themselves.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use arrow_flight::error::FlightError;
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables};
use callhouse_query::{Caller, Room, TableDocument, documented_tables};
use tokio::sync::OnceCell;
use tonic::Status;

use super::{CATALOG, SCHEMA};
use crate::error;
use crate::wire::{self, key};

const TABLE: &str = "TABLE";

pub(super) fn catalogs(wanted: CommandGetCatalogs) -> Result<RecordBatch, FlightError> {
    let mut rows = wanted.into_builder();
    rows.append(CATALOG);
    rows.build()
}

pub(super) fn schemas(wanted: CommandGetDbSchemas) -> Result<RecordBatch, FlightError> {
    let mut rows = wanted.into_builder();
    rows.append(CATALOG, SCHEMA);
    rows.build()
}

pub(super) fn table_types(wanted: CommandGetTableTypes) -> Result<RecordBatch, FlightError> {
    let mut rows = wanted.into_builder();
    rows.append(TABLE);
    rows.build()
}

/// The tables with their columns, once they were asked for.
#[derive(Default)]
pub(super) struct Tables {
    described: OnceCell<Vec<(&'static TableDocument, Schema)>>,
}

impl Tables {
    /// # Errors
    /// What the room says when it is asked for their columns.
    pub(super) async fn answer(
        &self,
        room: &Room,
        caller: &Caller,
        wanted: CommandGetTables,
    ) -> Result<Result<RecordBatch, FlightError>, Status> {
        let described = self.described.get_or_try_init(|| describe(room, caller)).await?;
        Ok(rows(described, wanted))
    }
}

fn rows(
    described: &[(&TableDocument, Schema)],
    wanted: CommandGetTables,
) -> Result<RecordBatch, FlightError> {
    let mut rows = wanted.into_builder();
    for (table, schema) in described {
        rows.append(CATALOG, SCHEMA, &table.name, TABLE, schema)?;
    }
    rows.build()
}

async fn describe(room: &Room, caller: &Caller) -> Result<Vec<(&'static TableDocument, Schema)>, Status> {
    let mut described = Vec::new();
    for table in documented_tables() {
        let all = format!("SELECT * FROM {}", table.name);
        let columns = room.describe(caller, &all).await.map_err(error::of_query)?.schema;
        described.push((table, documented(table, &wire::schema(&columns))));
    }
    Ok(described)
}

/// The columns of a table with what is known of them.
fn documented(table: &TableDocument, schema: &Schema) -> Schema {
    let comments: HashMap<&str, String> =
        table.shown().map(|column| (column.name.as_str(), column.comment())).collect();
    let fields = schema.fields().iter().map(|field| {
        let mut metadata = field.metadata().clone();
        let mut say = |key: &str, value: &str| metadata.insert(key.to_owned(), value.to_owned());
        say(key::CATALOG, CATALOG);
        say(key::SCHEMA, SCHEMA);
        say(key::TABLE, &table.name);
        say(key::READ_ONLY, "1");
        say(key::SEARCHABLE, "1");
        say(key::AUTO_INCREMENT, "0");
        say(key::CASE_SENSITIVE, "1");
        if let Some(comment) = comments.get(field.name().as_str()) {
            say(key::REMARKS, comment);
        }
        Arc::new(Field::clone(field).with_metadata(metadata))
    });
    Schema::new(fields.collect::<Vec<_>>())
        .with_metadata(HashMap::from([(key::REMARKS.to_owned(), table.comment())]))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::DataType;

    use super::*;

    /// The tables that a command finds.
    fn found(wanted: CommandGetTables) -> Vec<String> {
        let described: Vec<_> = documented_tables()
            .iter()
            .map(|table| (table, Schema::new(vec![Field::new("account", DataType::Utf8, false)])))
            .collect();
        let batch = rows(&described, wanted).unwrap();
        let names = batch.column_by_name("table_name").unwrap().as_string::<i32>();
        names.iter().flatten().map(str::to_owned).collect()
    }

    fn named(pattern: &str) -> Vec<String> {
        let pattern = Some(pattern.to_owned());
        found(CommandGetTables { table_name_filter_pattern: pattern, ..CommandGetTables::default() })
    }

    #[test]
    fn patterns_find_tables_as_sql_has_them() {
        assert_eq!(named("calls"), ["calls"]);
        assert_eq!(named("call%events"), ["call_events"]);
        assert_eq!(named("call_"), ["calls"]);
        assert_eq!(named("call\\_events"), ["call_events"]);
        assert_eq!(named("call\\_"), Vec::<String>::new());
        assert_eq!(named("CALLS"), Vec::<String>::new());
        assert_eq!(named("%"), found(CommandGetTables::default()));
        for (catalog, schema, types, any) in [
            (None, None, vec![], true),
            (Some(CATALOG), Some("pub%"), vec![TABLE], true),
            (Some(""), None, vec![], false),
            (Some("call%"), None, vec![], false),
            (None, Some(""), vec![], false),
            (None, None, vec!["VIEW"], false),
        ] {
            let wanted = CommandGetTables {
                catalog: catalog.map(str::to_owned),
                db_schema_filter_pattern: schema.map(str::to_owned),
                table_types: types.into_iter().map(str::to_owned).collect(),
                ..CommandGetTables::default()
            };
            assert_eq!(!found(wanted.clone()).is_empty(), any, "{wanted:?}");
        }
    }

    #[test]
    fn columns_are_told_with_their_table_and_meaning() {
        let table = &documented_tables()[0];
        let column = table.shown().next().unwrap();
        let schema = Schema::new(vec![Field::new(&column.name, DataType::Utf8, false)]);
        let told = documented(table, &wire::schema(&schema));
        let metadata = told.field(0).metadata();
        assert_eq!(metadata[key::TABLE], table.name);
        assert_eq!((&metadata[key::TYPE], &metadata[key::REMARKS]), (&"text".to_owned(), &column.comment()));
    }
}
