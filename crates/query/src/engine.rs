//! The engine: questions in, batches out. Every question reads one view and is walled by its scope.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use callhouse_core::Timestamp;
use callhouse_lake::{Catalog, HotRows};
use futures::stream::BoxStream;

use crate::error::Error;
use crate::history::{Granularity, HistoryBucket};
use crate::params::Params;
use crate::scope::Scope;
use crate::search::{CallPage, CallSearch};
use crate::view::ReadView;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Partitions a plan is split into; at most so many cores work on one question.
    pub target_partitions: usize,
    /// Rows per batch.
    pub batch_rows: usize,
    /// Memory all running questions may take together.
    pub memory_limit_bytes: usize,
    /// Memory for Parquet footers and indexes kept between questions.
    pub metadata_cache_bytes: usize,
    /// Searches whose pages are pinned at the same time.
    pub pinned_searches: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            target_partitions: 2,
            batch_rows: 8_192,
            memory_limit_bytes: 1 << 30,
            metadata_cache_bytes: 256 << 20,
            pinned_searches: 64,
        }
    }
}

/// Answers questions about one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    catalog: Catalog,
    hot: HotRows,
    options: EngineOptions,
}

impl Engine {
    /// An engine over a catalog and the hot rows of this process.
    ///
    /// # Errors
    /// [`Error::Execute`] when the options make no runtime.
    pub fn new(catalog: Catalog, hot: HotRows, options: EngineOptions) -> Result<Self, Error> {
        Ok(Self { shared: Arc::new(Shared { catalog, hot, options }) })
    }

    /// Pins what the lake shows now: the hot rows first, then the snapshot (LAK-2).
    ///
    /// # Errors
    /// [`Error::Lake`].
    pub async fn view(&self) -> Result<ReadView, Error> {
        let _ = (&self.shared.catalog, &self.shared.hot, &self.shared.options);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// Runs one read-only statement of a caller over the rows of `scope`.
    ///
    /// # Errors
    /// [`Error::Statement`] for anything but one query over our tables.
    pub async fn sql(
        &self,
        scope: &Scope,
        sql: &str,
    ) -> Result<(SchemaRef, BoxStream<'static, Result<RecordBatch, Error>>), Error> {
        let _ = (scope, sql);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// The physical plan of a statement, indented text.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub async fn explain(&self, scope: &Scope, sql: &str) -> Result<String, Error> {
        let _ = (scope, sql);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// Runs `queries/NAME.sql`; its header says the parameters and columns.
    ///
    /// # Errors
    /// [`Error::UnknownQuery`], [`Error::Parameter`].
    pub async fn named(&self, scope: &Scope, name: &str, params: &Params) -> Result<Vec<RecordBatch>, Error> {
        let _ = (scope, name, params);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// One page of the calls that match, with the total of all pages.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an offset whose pinned search is gone is not raised: the page is read from now.
    pub async fn search_calls(&self, scope: &Scope, search: &CallSearch) -> Result<CallPage, Error> {
        let _ = (scope, search);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }

    /// Calls started in `[from, to)` by bucket of the IANA `time_zone`, inbound buckets before outbound
    /// ones, each in order of time and none left out. A bucket at an edge counts only calls in the range.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown zone or a range of more than 100,000 buckets.
    pub async fn history(
        &self,
        scope: &Scope,
        from: Timestamp,
        to: Timestamp,
        granularity: Granularity,
        time_zone: &str,
    ) -> Result<Vec<HistoryBucket>, Error> {
        let _ = (scope, from, to, granularity, time_zone);
        Err(Error::Invalid { what: "not written yet".to_owned() })
    }
}
