//! Tables of one row for each message that was taken in, as it came: archives of events such as `call_events`, and
//! `rejections` (ING-3). A rejected message whose account could not be read has none, and only an administrator sees it.

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use callhouse_lake::Table;

use super::{SqlTable, Unsettled};
use crate::error::Error;
use crate::view::ReadView;

#[derive(Debug)]
pub(crate) struct Archive(pub(crate) Table);

#[async_trait]
impl SqlTable for Archive {
    fn files(&self) -> Table {
        self.0
    }

    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error> {
        let batches = view.hot().iter().filter_map(|chunk| chunk.of(self.0));
        Ok(Unsettled { batches: batches.map(|rows| rows.clone().into()).collect(), ..Unsettled::default() })
    }
}
