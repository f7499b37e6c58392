//! Statements that were prepared, and portals: statements with their values, being read.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use callhouse_query::Bound;

use crate::command::Command;
use crate::cursor::Cursor;

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) command: Command,
    /// What the client says of its parameters; 0 is nothing.
    pub(crate) declared: Vec<u32>,
    /// What the statement says of them.
    pub(crate) inferred: Vec<Option<DataType>>,
    /// The columns of its answer, if it has any.
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) blank: bool,
}

/// A statement with its values.
pub(crate) struct Portal {
    pub(crate) statement: Arc<Statement>,
    pub(crate) values: Vec<Bound>,
    pub(crate) formats: Vec<i16>,
    /// Once it runs.
    pub(crate) cursor: Option<Cursor>,
    pub(crate) finished: bool,
}
