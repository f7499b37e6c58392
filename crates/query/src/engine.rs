//! The engine: questions in, batches out. Every question reads one view and is walled by its scope.

mod options;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use callhouse_core::{Clock, Timestamp};
use callhouse_lake::{Catalog, HotRows, OverlayReader};
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use crate::asking::{Asked, Asking};
use crate::error::Error;
use crate::history::{self, Granularity, HistoryBucket};
use crate::named;
use crate::pages::{Pinned, PinnedSearches};
use crate::params::Params;
use crate::scope::Scope;
use crate::search::{CallPage, CallSearch, last_page_total, run};
use crate::session::Sessions;
use crate::view::{ReadView, Views};
use crate::{planning, statement};

pub use options::EngineOptions;

/// The batches of an answer, as they are made.
pub type Answer = BoxStream<'static, Result<RecordBatch, Error>>;

/// Answers questions about one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    views: Views,
    sessions: Sessions,
    searches: PinnedSearches,
    clock: Arc<dyn Clock>,
    asking: Asking,
}

impl Engine {
    /// An engine over a catalog and the hot rows of this process.
    ///
    /// # Errors
    /// [`Error::Execute`] when the options make no runtime or the lake's folder cannot be read.
    pub fn new(catalog: Catalog, hot: HotRows, options: EngineOptions) -> Result<Self, Error> {
        let overlays = OverlayReader::new(catalog.folder().clone(), options.key_index_bytes);
        Self::sharing(catalog, hot, overlays, options)
    }

    /// An engine that shares the indexes of settled keys with the compactor of the same process, whose bound then
    /// holds for both.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn sharing(
        catalog: Catalog,
        hot: HotRows,
        overlays: OverlayReader,
        options: EngineOptions,
    ) -> Result<Self, Error> {
        let sessions = Sessions::new(&catalog, &options)
            .map_err(|source| Error::execute("starting the query engine", source))?;
        let shared = Shared {
            sessions,
            searches: PinnedSearches::new(options.pinned_searches),
            clock: Arc::clone(catalog.clock()),
            asking: Asking::default(),
            views: Views::new(catalog, hot, overlays),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Pins what the lake shows now: the hot rows first, then the snapshot (LAK-2).
    ///
    /// # Errors
    /// [`Error::Lake`].
    pub async fn view(&self) -> Result<ReadView, Error> {
        self.shared.views.take().await
    }

    /// Runs one read-only statement of a caller over the rows of `scope`.
    ///
    /// # Errors
    /// [`Error::Statement`] for anything but one query over our tables.
    pub async fn sql(&self, scope: &Scope, sql: &str) -> Result<(SchemaRef, Answer), Error> {
        let session = self.session(scope, &self.view().await?)?;
        let frame = statement::plan(&session, scope, sql).await?;
        let stream = planning::stream(frame).await.map_err(Error::of_statement)?;
        Ok((stream.schema(), stream.map_err(Error::of_statement).boxed()))
    }

    /// The physical plan of a statement, indented text.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub async fn explain(&self, scope: &Scope, sql: &str) -> Result<String, Error> {
        let session = self.session(scope, &self.view().await?)?;
        let frame = statement::plan(&session, scope, sql).await?;
        let (state, plan) = frame.into_parts();
        let plan = planning::physical(&state, &plan).await.map_err(Error::of_statement)?;
        Ok(displayable(plan.as_ref()).indent(false).to_string())
    }

    /// Runs `queries/NAME.sql`; its header says the parameters and columns.
    ///
    /// # Errors
    /// [`Error::UnknownQuery`], [`Error::Parameter`].
    pub async fn named(&self, scope: &Scope, name: &str, params: &Params) -> Result<Vec<RecordBatch>, Error> {
        let _asked = self.ask_for();
        let session = self.session(scope, &self.view().await?)?;
        let frame = named::plan(&session, name, params).await?;
        planning::batches(frame).await.map_err(|source| Error::execute("running a named query", source))
    }

    /// Runs a named query and gives its batches as they are made, with their schema.
    ///
    /// # Errors
    /// As [`Engine::named`].
    pub async fn ask(
        &self,
        scope: &Scope,
        name: &str,
        params: &Params,
    ) -> Result<(SchemaRef, Answer), Error> {
        let session = self.session(scope, &self.view().await?)?;
        let frame = named::plan(&session, name, params).await?;
        let failed = |source| Error::execute("running a named query", source);
        let stream = planning::stream(frame).await.map_err(failed)?;
        Ok((stream.schema(), stream.map_err(failed).boxed()))
    }

    /// The physical plan of a named query.
    ///
    /// # Errors
    /// As [`Engine::named`].
    pub async fn explain_named(&self, scope: &Scope, name: &str, params: &Params) -> Result<String, Error> {
        let session = self.session(scope, &self.view().await?)?;
        let frame = named::plan(&session, name, params).await?;
        let (state, plan) = frame.into_parts();
        let plan = planning::physical(&state, &plan).await;
        let plan = plan.map_err(|source| Error::execute("planning a named query", source))?;
        Ok(displayable(plan.as_ref()).indent(false).to_string())
    }

    /// One page of the calls that match, with the total of all pages. A later page of a search that is no longer
    /// pinned is cut from what the lake shows now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page too far out.
    pub async fn search_calls(&self, scope: &Scope, search: &CallSearch) -> Result<CallPage, Error> {
        let _asked = self.ask_for();
        let pin = search.pin();
        let pinned = pin.as_deref().filter(|_| search.offset > 0).and_then(|pin| self.pinned(scope, pin));
        let (view, known_total) = match pinned {
            Some(pinned) => (pinned.view, Some(pinned.total)),
            None => (self.view().await?, None),
        };
        let session = self.session(scope, &view)?;
        let matching = run::plan(&session, search).await?;
        let beyond = known_total.is_some_and(|total| search.offset >= total);
        let rows = if beyond { Vec::new() } else { run::page(matching.clone(), search).await? };
        let returned: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let reached = search.offset.saturating_add(u64::try_from(returned).unwrap_or(u64::MAX));
        let total = match known_total.or(last_page_total(search.offset, search.quantity, reached)) {
            Some(total) => total,
            None => run::total(&session, search, matching).await?,
        };
        if let (Some(pin), None) = (pin, known_total) {
            self.pin(scope, pin, view, total);
        }
        Ok(CallPage { rows, total, offset: search.offset, has_more: reached < total })
    }

    /// Calls started in `[from, to)` by bucket of the IANA `time_zone`, inbound buckets before outbound
    /// ones, each in order of time and none left out. A bucket at an edge counts only calls in the range.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown zone, a range the wrong way round or one of too many buckets.
    pub async fn history(
        &self,
        scope: &Scope,
        from: Timestamp,
        to: Timestamp,
        granularity: Granularity,
        time_zone: &str,
    ) -> Result<Vec<HistoryBucket>, Error> {
        let buckets = history::buckets(from, to, granularity, time_zone)?;
        let params = Params::from([
            ("from".to_owned(), from.into()),
            ("to".to_owned(), to.into()),
            ("step".to_owned(), history::step(&buckets).into()),
        ]);
        let quarters = self.named(scope, "calls_history", &params).await?;
        history::fill(&buckets, &quarters)
    }

    /// What the newest snapshot shows, without hot rows.
    pub(crate) async fn committed_view(&self) -> Result<ReadView, Error> {
        self.shared.views.committed().await
    }

    /// What the first page of a search saw.
    pub(crate) fn pinned(&self, scope: &Scope, search: &str) -> Option<Pinned> {
        self.shared.searches.find(scope, search, self.shared.clock.now())
    }

    /// Keeps what the first page of a search saw for its later pages.
    pub(crate) fn pin(&self, scope: &Scope, search: String, view: ReadView, total: u64) {
        self.shared.searches.pin(scope, search, view, total, self.shared.clock.now());
    }

    /// Counts a question somebody waits for, until what is returned is dropped.
    pub(crate) fn ask_for(&self) -> Asked {
        self.shared.asking.ask()
    }

    pub(crate) fn asking(&self) -> &Asking {
        &self.shared.asking
    }

    /// Whether somebody waits for an answer now.
    pub(crate) fn is_asked(&self) -> bool {
        self.shared.asking.is_asked()
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.shared.sessions
    }

    pub(crate) fn session(&self, scope: &Scope, view: &ReadView) -> Result<SessionContext, Error> {
        let opened = self.shared.sessions.open(view, scope);
        opened.map_err(|source| Error::execute("opening a session", source))
    }
}
