//! The tables a question can read. One file per table says where its rows are; `provider` plans the reading.

mod call_events;
mod calls;
mod provider;
mod rejections;

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use callhouse_lake::Table;
use callhouse_lake::overlay::Skip;

use crate::error::Error;
use crate::view::ReadView;

pub(crate) use calls::Calls;
pub(crate) use provider::Provider;

/// A table of SQL.
#[async_trait]
pub(crate) trait SqlTable: fmt::Debug + Send + Sync {
    /// The lake table whose files hold the settled rows.
    fn files(&self) -> Table;

    fn name(&self) -> &'static str {
        self.files().name()
    }

    /// The columns a question may name; files and batches may have more.
    fn schema(&self) -> SchemaRef;

    /// The rows that are not in files, and the rows of files they stand for.
    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error>;
}

/// Rows in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unsettled {
    pub(crate) batches: Vec<RecordBatch>,
    /// Each batch is sorted by account.
    pub(crate) sorted_by_account: bool,
    /// Rows of files that are not to be shown, because `batches` holds what became of them.
    pub(crate) skip: Arc<Skip>,
}

/// All tables, one line each.
pub(crate) fn all() -> Vec<Arc<dyn SqlTable>> {
    vec![Arc::new(Calls), Arc::new(call_events::CallEvents), Arc::new(rejections::Rejections)]
}
