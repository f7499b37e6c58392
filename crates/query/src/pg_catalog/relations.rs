//! Relations that clients ask: `pg_catalog` and `information_schema`, their columns as PostgreSQL 15 documents them, their
//! rows from the tables' documents.

mod catalog;
mod empty;
mod information;
mod server;
mod tables;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use datafusion::sql::sqlparser::ast::{ObjectName, ObjectNamePart};

use super::{INFORMATION_SCHEMA, SCHEMA};

pub(super) use server::SETTINGS;

/// Who owns everything.
pub(super) const OWNER: &str = "callhouse";

/// A cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Int(i64),
    Bool(bool),
    Text(String),
}

type Row = BTreeMap<&'static str, Cell>;

const fn int(value: i64) -> Cell {
    Cell::Int(value)
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

const fn truth(value: bool) -> Cell {
    Cell::Bool(value)
}

/// A relation: its columns as `name:type`, where the type is a letter (o oid, i int4, s int2, l int8, f float4,
/// b boolean, t text, T text[], N int2[], O oid[]), and its rows, in which a column left out is null.
pub(super) struct Relation {
    pub(super) name: &'static str,
    columns: &'static str,
    rows: fn() -> Vec<Row>,
}

const fn relation(name: &'static str, columns: &'static str, rows: fn() -> Vec<Row>) -> Relation {
    Relation { name, columns, rows }
}

/// Those of a schema.
pub(super) fn of_schema(schema: &str) -> impl Iterator<Item = &'static Relation> + use<> {
    let lists: &'static [&'static [Relation]] = match schema {
        SCHEMA => &[catalog::RELATIONS, empty::RELATIONS],
        INFORMATION_SCHEMA => &[information::RELATIONS],
        _ => &[],
    };
    lists.iter().copied().flatten()
}

fn all() -> impl Iterator<Item = &'static Relation> {
    of_schema(SCHEMA).chain(of_schema(INFORMATION_SCHEMA))
}

impl Relation {
    /// The relation a name means; one without a schema is of `pg_catalog`.
    pub(super) fn named(name: &ObjectName) -> Option<&'static Self> {
        let mut parts = name.0.iter().rev().filter_map(ObjectNamePart::as_ident);
        let last = parts.next()?.value.to_ascii_lowercase();
        let schema =
            parts.next().map_or_else(|| SCHEMA.to_owned(), |schema| schema.value.to_ascii_lowercase());
        of_schema(&schema).find(|relation| relation.name == last)
    }

    /// True when it has no row for anybody.
    pub(super) fn is_empty(&self) -> bool {
        (self.rows)().is_empty()
    }

    /// The type of a column of that name, in whatever relation it is.
    pub(super) fn type_of(column: &str) -> Option<DataType> {
        let columns = all().flat_map(|relation| relation.columns.split_whitespace());
        let mut known = columns.filter_map(|known| known.split_once(':'));
        known.find(|(name, _)| *name == column).map(|(_, letter)| array(letter, &[]).data_type().clone())
    }

    /// Whether `pg_catalog` has one of that name.
    pub(super) fn exists(name: &str) -> bool {
        of_schema(SCHEMA).any(|relation| relation.name == name)
    }

    pub(super) fn batch(&self) -> Result<RecordBatch> {
        let rows = (self.rows)();
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for column in self.columns.split_whitespace() {
            let (name, letter) = column.split_once(':').unwrap_or((column, "t"));
            let cells: Vec<Option<Cell>> = rows.iter().map(|row| row.get(name).cloned()).collect();
            let array = array(letter, &cells);
            let mut field = Field::new(name, array.data_type().clone(), true);
            if letter == "o" {
                field = field.with_metadata([("pg_type".to_owned(), "oid".to_owned())].into());
            }
            fields.push(field);
            columns.push(array);
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

fn array(letter: &str, cells: &[Option<Cell>]) -> ArrayRef {
    let ints =
        || cells.iter().map(|cell| if let Some(Cell::Int(value)) = cell { Some(*value) } else { None });
    let list = |of: DataType| DataType::List(Arc::new(Field::new_list_field(of, true)));
    match letter {
        "o" | "i" => Arc::new(
            ints().map(|value| value.and_then(|value| i32::try_from(value).ok())).collect::<Int32Array>(),
        ),
        "s" => Arc::new(
            ints().map(|value| value.and_then(|value| i16::try_from(value).ok())).collect::<Int16Array>(),
        ),
        "l" => Arc::new(ints().collect::<Int64Array>()),
        "f" => Arc::new(Float32Array::from_iter(
            ints().map(|value| value.and_then(|value| i16::try_from(value).ok()).map(f32::from)),
        )),
        "b" => Arc::new(BooleanArray::from_iter(
            cells.iter().map(|cell| if let Some(Cell::Bool(value)) = cell { Some(*value) } else { None }),
        )),
        "T" => new_null_array(&list(DataType::Utf8), cells.len()),
        "N" => new_null_array(&list(DataType::Int16), cells.len()),
        "O" => new_null_array(&list(DataType::Int32), cells.len()),
        _ => Arc::new(StringArray::from_iter(
            cells
                .iter()
                .map(|cell| if let Some(Cell::Text(text)) = cell { Some(text.as_str()) } else { None }),
        )),
    }
}
