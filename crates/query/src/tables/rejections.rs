//! `rejections`: messages that could not become events, with the reason (ING-3). A message whose account could
//! not be read has none, and only an administrator sees it.

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use callhouse_lake::Table;

use super::{SqlTable, Unsettled};
use crate::error::Error;
use crate::view::ReadView;

#[derive(Debug)]
pub(crate) struct Rejections;

#[async_trait]
impl SqlTable for Rejections {
    fn files(&self) -> Table {
        Table::Rejections
    }

    fn schema(&self) -> SchemaRef {
        Table::Rejections.schema()
    }

    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error> {
        let batches = view.hot().iter().map(|chunk| chunk.rejections.clone().into()).collect();
        Ok(Unsettled { batches, ..Unsettled::default() })
    }
}
