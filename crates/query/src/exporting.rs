//! All rows of a question in a total order, whatever their number: what exports read.
//!
//! An export reads one snapshot and no hot rows, so the same question to the same snapshot gives the same rows in the
//! same order, for ever. It first waits until the snapshot has all that was shown when it was asked. Rows come ordered by
//! account, instant and key, as files are sorted, so nearly nothing has to be sorted: rows are counted by account
//! and day (`exporting/slices.rs`), and read slice by slice, each of so few rows that it fits into memory
//! (`exporting/slice.rs`). One core at most works on it, and between batches it gives way to questions somebody waits
//! for. Keeps TEN-1 (the scope is that of a session) and LAK-3.

mod slice;
mod slices;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{Expr, SortExpr, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use tokio::time::{Instant, sleep};

use crate::engine::Engine;
use crate::error::Error;
use crate::named;
use crate::params::Params;
use crate::scan::ACCOUNT;
use crate::scope::Scope;
use crate::session::REPORTED_CONSUMERS;
use crate::view::ReadView;
use slice::Reading;
use slices::Slice;

/// Between two looks whether hot rows have been committed.
const COMMIT_POLL: Duration = Duration::from_millis(50);
/// Between two looks whether somebody still waits for an answer.
const WAY_POLL: Duration = Duration::from_millis(2);
/// An export gives way at most so long before it goes on with the next batch.
const LONGEST_WAY: Duration = Duration::from_millis(100);

/// What an operator may set of exports.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// Memory an export may take for sorting rows of a slice that is larger than `slice_bytes`.
    pub memory_bytes: usize,
    /// Where what does not fit is sorted; without a folder such an export fails.
    pub spill_folder: Option<PathBuf>,
    pub spill_limit_bytes: u64,
    /// Rows read at once, about.
    pub slice_rows: u64,
    /// Bytes of a slice that are held as they were read.
    pub slice_bytes: usize,
}

impl Default for ExportOptions {
    fn default() -> Self {
        // Pages of files have 8,192 rows, and of those at the edges of a slice some are read twice; what is read of a
        // slice is in memory at once.
        Self {
            memory_bytes: 64 << 20,
            spill_folder: None,
            spill_limit_bytes: 8 << 30,
            slice_rows: 32_768,
            slice_bytes: 64 << 20,
        }
    }
}

/// Which rows to read. Every row must have an account and a key, unique within the account.
#[derive(Debug, Clone)]
pub struct ExportQuestion {
    /// The named query that finds the rows.
    pub query: &'static str,
    pub params: Params,
    /// The column of instants that orders the rows of an account.
    pub time: &'static str,
    /// The text column that orders those of one instant.
    pub key: &'static str,
    /// Columns wanted; account, instant and key come with them.
    pub columns: Vec<String>,
}

/// Reads exports. Cheap to clone.
#[derive(Clone)]
pub struct Exporter {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    runtime: RuntimeEnv,
    disk: Arc<DiskManager>,
    memory_bytes: usize,
    slice_rows: u64,
    slice_bytes: usize,
}

impl Exporter {
    /// An exporter of an engine.
    ///
    /// # Errors
    /// [`Error::Execute`] when the spill folder cannot be used.
    pub fn new(engine: Engine, options: &ExportOptions) -> Result<Self, Error> {
        let spill = options
            .spill_folder
            .as_ref()
            .map_or(DiskManagerMode::Disabled, |folder| DiskManagerMode::Directories(vec![folder.clone()]));
        let disk = DiskManagerBuilder::default()
            .with_mode(spill)
            .with_max_temp_directory_size(options.spill_limit_bytes)
            .build()
            .map_err(|source| Error::execute("opening the spill folder of exports", source))?;
        let runtime = engine.sessions().base().runtime_env().as_ref().clone();
        let ExportOptions { memory_bytes, slice_rows, slice_bytes, .. } = *options;
        let slice_rows = slice_rows.max(1);
        let shared = Shared { engine, runtime, disk: Arc::new(disk), memory_bytes, slice_rows, slice_bytes };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A view of one snapshot that has every row shown when this is called. Waits for the commit of those that are hot.
    ///
    /// # Errors
    /// [`Error::Lake`].
    pub async fn committed_view(&self) -> Result<ReadView, Error> {
        let shown = self.shared.engine.view().await?;
        loop {
            let view = self.shared.engine.committed_view().await?;
            if view.covers(&shown) {
                return Ok(view);
            }
            sleep(COMMIT_POLL).await;
        }
    }

    /// Counts the rows of `scope` that a question finds in a view, and gets ready to read them.
    ///
    /// # Errors
    /// [`Error::Parameter`] and [`Error::UnknownQuery`] for the question, [`Error::Invalid`] for a column that is not
    /// there, [`Error::OutOfMemory`].
    pub async fn open(
        &self,
        view: ReadView,
        scope: &Scope,
        question: ExportQuestion,
    ) -> Result<ExportRows, Error> {
        let session = self.session(&view, scope)?;
        let matching = Matching { session, question };
        let schema = Arc::new(matching.selected(matching.all().await?)?.schema().as_arrow().clone());
        let slices = slices::plan(&matching, self.shared.slice_rows).await?;
        let rows = slices.iter().map(|slice| slice.rows).sum();
        let exporter = self.clone();
        Ok(ExportRows { exporter, view, matching, schema, rows, slices: slices.into(), reading: None })
    }

    /// A session of one partition, with memory and disk of its own.
    fn session(&self, view: &ReadView, scope: &Scope) -> Result<SessionContext, Error> {
        let sessions = self.shared.engine.sessions();
        let pool = TrackConsumersPool::new(FairSpillPool::new(self.shared.memory_bytes), REPORTED_CONSUMERS);
        let runtime = RuntimeEnv {
            memory_pool: Arc::new(pool),
            disk_manager: Arc::clone(&self.shared.disk),
            ..self.shared.runtime.clone()
        };
        let state = SessionStateBuilder::new_from_existing(sessions.base().clone())
            .with_config(sessions.base().config().clone().with_target_partitions(1))
            .with_runtime_env(Arc::new(runtime))
            .build();
        sessions
            .furnish(state, view, scope, &[])
            .map_err(|source| Error::execute("opening a session of an export", source))
    }

    /// Lets questions that somebody waits for go first, for a while.
    async fn give_way(&self) {
        let begun = Instant::now();
        while self.shared.engine.is_asked() && begun.elapsed() < LONGEST_WAY {
            sleep(WAY_POLL).await;
        }
    }
}

/// The rows a question finds, to be planned as often as needed.
struct Matching {
    session: SessionContext,
    question: ExportQuestion,
}

impl Matching {
    /// Every row, all columns.
    async fn all(&self) -> Result<DataFrame, Error> {
        named::plan(&self.session, self.question.query, &self.question.params).await
    }

    /// The columns wanted, and those that order.
    fn selected(&self, frame: DataFrame) -> Result<DataFrame, Error> {
        let known: Vec<String> = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
        let mut names: Vec<&str> = vec![ACCOUNT, self.question.time, self.question.key];
        for column in &self.question.columns {
            if !known.contains(column) {
                return Err(Error::Invalid { what: format!("there is no column {column:?}") });
            }
            if !names.contains(&column.as_str()) {
                names.push(column);
            }
        }
        let columns: Vec<Expr> = names.into_iter().map(ident).collect();
        frame.select(columns).map_err(failed)
    }

    /// The total order of an export.
    fn order(&self) -> Vec<SortExpr> {
        let columns = [ACCOUNT, self.question.time, self.question.key];
        columns.into_iter().map(|column| SortExpr::new(ident(column), true, false)).collect()
    }
}

fn failed(source: datafusion::error::DataFusionError) -> Error {
    Error::execute("reading an export", source)
}

/// The rows of an export, read as they are asked for.
pub struct ExportRows {
    exporter: Exporter,
    view: ReadView,
    matching: Matching,
    schema: SchemaRef,
    rows: u64,
    slices: VecDeque<Slice>,
    reading: Option<Reading>,
}

impl ExportRows {
    /// The snapshot they are of.
    #[must_use]
    pub const fn view(&self) -> &ReadView {
        &self.view
    }

    /// How many there are.
    #[must_use]
    pub const fn row_count(&self) -> u64 {
        self.rows
    }

    /// The columns of every batch: those that order, and those wanted.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Execute`].
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            self.exporter.give_way().await;
            if let Some(reading) = &mut self.reading {
                if let Some(batch) = reading.next().await? {
                    return Ok(Some(batch));
                }
                self.reading = None;
            }
            let Some(slice) = self.slices.pop_front() else { return Ok(None) };
            let most_bytes = self.exporter.shared.slice_bytes;
            self.reading = Some(slice::read(&self.matching, &slice, most_bytes).await?);
        }
    }
}
