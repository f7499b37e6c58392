//! The tables a question can read. One file per kind of table says where its rows are; `provider` plans the reading.

mod archive;
mod provider;
mod records;

use std::fmt;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use callhouse_lake::{Family, OverlayRows, Skip, Table};

use crate::error::Error;
use crate::view::ReadView;

use archive::Archive;
pub(crate) use provider::Provider;
pub(crate) use records::Records;

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
    pub(crate) batches: Vec<MemoryRows>,
    /// Each batch is sorted by account.
    pub(crate) sorted_by_account: bool,
    /// Rows of files that are not to be shown, because `batches` holds what became of them.
    pub(crate) skip: Arc<Skip>,
}

/// A batch and which of its rows count; `None` when all do.
#[derive(Debug, Clone)]
pub(crate) struct MemoryRows {
    pub(crate) batch: RecordBatch,
    pub(crate) shown: Option<BooleanArray>,
}

impl From<RecordBatch> for MemoryRows {
    fn from(batch: RecordBatch) -> Self {
        Self { batch, shown: None }
    }
}

impl From<&OverlayRows> for MemoryRows {
    fn from(rows: &OverlayRows) -> Self {
        Self { batch: rows.records.clone(), shown: rows.shown.clone() }
    }
}

/// All tables, one line each.
pub(crate) fn all() -> Vec<Arc<dyn SqlTable>> {
    vec![
        Arc::new(Records(Family::Calls)),
        Arc::new(Archive(Table::CallEvents)),
        Arc::new(Archive(Table::Rejections)),
        Arc::new(Records(Family::Sms)),
        Arc::new(Archive(Table::SmsEvents)),
        Arc::new(Archive(Table::WebhookDeliveries)),
    ]
}
