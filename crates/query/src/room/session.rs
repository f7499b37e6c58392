//! The session of an analyst's statement: our tables and `pg_catalog`, bounded functions, memory and disk of its own.

use std::sync::Arc;

use datafusion::catalog::SchemaProvider;
use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionContext;

use super::bounded::{self, PlanConcatenation};
use super::hold::CountGathered;
use super::pool::StatementPool;
use super::{Caller, RoomOptions};
use crate::pg_catalog;
use crate::session::Sessions;
use crate::view::ReadView;

/// Rows of a batch times the longest literal of the statement stay below this: a literal in a column is repeated in
/// every row.
const LITERAL_BYTES_OF_BATCH: usize = 16 << 20;

/// Makes sessions for statements.
pub(super) struct Analysts {
    base: SessionState,
    runtime: RuntimeEnv,
    disk: Arc<DiskManager>,
    memory_bytes: usize,
    catalogs: Vec<(&'static str, Arc<dyn SchemaProvider>)>,
}

impl Analysts {
    pub(super) fn new(sessions: &Sessions, options: &RoomOptions) -> Result<Self> {
        let spill = options
            .spill_folder
            .as_ref()
            .map_or(DiskManagerMode::Disabled, |folder| DiskManagerMode::Directories(vec![folder.clone()]));
        let disk = DiskManagerBuilder::default()
            .with_mode(spill)
            .with_max_temp_directory_size(options.spill_limit_bytes)
            .build()?;
        let base = sessions.base();
        let mut functions = bounded::functions(base.scalar_functions().values());
        functions.extend(pg_catalog::functions());
        let mut planners: Vec<_> = vec![Arc::new(PlanConcatenation) as _];
        planners.extend(base.expr_planners().iter().map(Arc::clone));
        let mut all: Vec<_> = base.scalar_functions().values().map(Arc::clone).collect();
        all.extend(functions);
        let state = SessionStateBuilder::new_from_existing(base.clone())
            .with_scalar_functions(all)
            .with_expr_planners(planners)
            .with_physical_optimizer_rule(Arc::new(CountGathered))
            .build();
        Ok(Self {
            runtime: base.runtime_env().as_ref().clone(),
            base: state,
            disk: Arc::new(disk),
            memory_bytes: options.statement_memory_bytes,
            catalogs: pg_catalog::schemas()?,
        })
    }

    /// A session for one statement whose longest literal has so many bytes.
    pub(super) fn open(
        &self,
        sessions: &Sessions,
        view: &ReadView,
        caller: &Caller,
        longest_literal: usize,
    ) -> Result<SessionContext> {
        let runtime = RuntimeEnv {
            memory_pool: Arc::new(StatementPool::new(self.memory_bytes)),
            disk_manager: Arc::clone(&self.disk),
            ..self.runtime.clone()
        };
        let config = self.base.config().clone();
        let rows = (LITERAL_BYTES_OF_BATCH / longest_literal.max(1)).clamp(1, config.batch_size());
        let mut config = config.with_batch_size(rows);
        // PostgreSQL's, not DataFusion's, whose names of types no client knows.
        config.options_mut().catalog.information_schema = false;
        let state = SessionStateBuilder::new_from_existing(self.base.clone())
            .with_config(config)
            .with_runtime_env(Arc::new(runtime))
            .build();
        let session = sessions.furnish(state, view, &caller.scope, &self.catalogs)?;
        session.register_udf(pg_catalog::current_user(&caller.name));
        Ok(session)
    }
}
