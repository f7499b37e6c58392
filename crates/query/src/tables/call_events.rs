//! `call_events`: every accepted event as it came.

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use callhouse_lake::Table;

use super::{SqlTable, Unsettled};
use crate::error::Error;
use crate::view::ReadView;

#[derive(Debug)]
pub(crate) struct CallEvents;

#[async_trait]
impl SqlTable for CallEvents {
    fn files(&self) -> Table {
        Table::CallEvents
    }

    fn schema(&self) -> SchemaRef {
        Table::CallEvents.schema()
    }

    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error> {
        let batches = view.hot().iter().map(|chunk| chunk.events.clone().into()).collect();
        Ok(Unsettled { batches, ..Unsettled::default() })
    }
}
