//! The tables as documents: what `schemas/tables/` says of them, for catalogs, hints and `docs/tables.md`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

/// A table that SQL can read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TableDocument {
    #[serde(rename = "table")]
    pub name: String,
    /// What one row is.
    pub grain: String,
    pub doc: String,
    pub columns: Vec<ColumnDocument>,
}

/// A column of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ColumnDocument {
    pub name: String,
    /// A type name of `schemas/README.md`.
    pub r#type: String,
    pub nullable: bool,
    /// What the value tells of a person.
    pub personal: String,
    pub doc: String,
    /// All values there are; empty when any is allowed.
    #[serde(default)]
    pub values: Vec<String>,
    /// Serves the join of partial rows and is not shown.
    #[serde(default)]
    pub hidden: bool,
}

impl TableDocument {
    /// One sentence or two.
    #[must_use]
    pub fn comment(&self) -> String {
        format!("{} Grain: {}.", self.doc, self.grain)
    }

    /// The columns SQL shows.
    pub fn shown(&self) -> impl Iterator<Item = &ColumnDocument> {
        self.columns.iter().filter(|column| !column.hidden)
    }
}

impl ColumnDocument {
    /// The meaning, with the values there are.
    #[must_use]
    pub fn comment(&self) -> String {
        if self.values.is_empty() {
            return self.doc.clone();
        }
        format!("{} One of: {}.", self.doc, self.values.join(", "))
    }

    /// The PostgreSQL name of the type.
    #[must_use]
    pub fn sql_type(&self) -> &str {
        match self.r#type.as_str() {
            "instant" => "timestamptz",
            "int16" => "smallint",
            "int32" => "integer",
            "int64" => "bigint",
            "binary" => "bytea",
            "decimal(18,6)" => "numeric(18,6)",
            "decimal(5,3)" => "numeric(5,3)",
            other => other,
        }
    }
}

/// Every table, one file each.
const FILES: &[&str] = &[
    include_str!("../../../schemas/tables/calls.v1.toml"),
    include_str!("../../../schemas/tables/call_events.v1.toml"),
    include_str!("../../../schemas/tables/rejections.v1.toml"),
    include_str!("../../../schemas/tables/sms.v1.toml"),
    include_str!("../../../schemas/tables/sms_events.v1.toml"),
    include_str!("../../../schemas/tables/webhook_deliveries.v1.toml"),
];

static TABLES: LazyLock<Vec<TableDocument>> =
    LazyLock::new(|| FILES.iter().map(|text| toml::from_str(text).expect("a test reads them")).collect());

/// Every table.
#[must_use]
pub fn tables() -> &'static [TableDocument] {
    &TABLES
}

/// Whether a column of a table serves the join of partial rows and means nothing to a reader.
pub(crate) fn is_hidden(table: &str, column: &str) -> bool {
    let document = tables().iter().find(|document| document.name == table);
    let column = document.and_then(|document| document.columns.iter().find(|known| known.name == column));
    column.is_some_and(|column| column.hidden)
}

pub(crate) fn names() -> Vec<&'static str> {
    tables().iter().map(|table| table.name.as_str()).collect()
}

/// The text of `docs/tables.md`.
#[must_use]
pub fn tables_markdown() -> String {
    let mut text = String::from(
        "# Tables\n\nWhat SQL can read, through `POST /v1/sql`, the PostgreSQL wire, Arrow Flight SQL and `callhouse sql`. Made from \
         `schemas/tables/`; a test of `crates/query/src/documents.rs` compares.\n\nTimes are UTC. `personal` says what a value tells of a person.\n",
    );
    for table in tables() {
        let columns = table.shown().map(|column| {
            let null = if column.nullable { "" } else { "not null" };
            let (name, of, personal) = (&column.name, column.sql_type(), &column.personal);
            format!("| `{name}` | {of} | {null} | {personal} | {} |\n", column.comment().replace('|', "\\|"))
        });
        let columns: String = columns.collect();
        write!(
            text,
            "\n## {}\n\n{}\n\n| column | type | | personal | meaning |\n|---|---|---|---|---|\n{columns}",
            table.name,
            table.comment()
        )
        .expect("text grows");
    }
    text
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;

    use super::*;
    use crate::tables::all;

    fn columns(schema: &Schema) -> Vec<&str> {
        schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[test]
    fn every_table_of_sql_is_a_document_with_its_columns() {
        let documented: Vec<&str> = names();
        let known: Vec<&str> = all().iter().map(|table| table.name()).collect();
        assert_eq!(documented, known);
        for (table, document) in all().iter().zip(tables()) {
            let shown: Vec<&str> = document.shown().map(|column| column.name.as_str()).collect();
            assert_eq!(shown, columns(&table.schema()), "{}", document.name);
        }
    }

    #[test]
    fn the_published_reference_is_what_the_schemas_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tables.md");
        let published = std::fs::read_to_string(path).expect("docs/tables.md");
        let made = std::env::temp_dir().join("callhouse-tables.md");
        if published != tables_markdown() {
            std::fs::write(&made, tables_markdown()).expect("written");
        }
        assert_eq!(published, tables_markdown(), "copy {} to docs/tables.md", made.display());
    }
}
