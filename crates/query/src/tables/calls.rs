//! `calls`: one row per call, settled or still changing (LAK-2, LAK-3).

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use callhouse_lake::Table;

use super::{MemoryRows, SqlTable, Unsettled};
use crate::error::Error;
use crate::view::ReadView;

#[derive(Debug)]
pub(crate) struct Calls;

/// Columns that serve the join of partial rows and mean nothing to a reader.
fn is_internal(column: &str) -> bool {
    column.ends_with("_stamp") || column == "dial_status_stated"
}

#[async_trait]
impl SqlTable for Calls {
    fn files(&self) -> Table {
        Table::Calls
    }

    fn schema(&self) -> SchemaRef {
        static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
            let stored = Table::Calls.schema();
            let shown = stored.fields().iter().filter(|field| !is_internal(field.name()));
            Arc::new(Schema::new(shown.cloned().collect::<Vec<_>>()))
        });
        Arc::clone(&SCHEMA)
    }

    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error> {
        let overlay = view.overlay().await?;
        Ok(Unsettled {
            batches: overlay.rows.iter().map(MemoryRows::from).collect(),
            sorted_by_account: true,
            skip: Arc::clone(&overlay.skip),
        })
    }
}
