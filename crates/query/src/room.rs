//! The engine room: every statement an analyst writes is planned and run here, whatever door it came through.
//!
//! Owns the session of a statement, its limits, its turn and what an error says. A [`Caller`] sees the rows of its
//! scope (TEN-1), can change nothing, and takes no more time, memory, disk or turns than [`RoomOptions`] allow.
//! Leaves credentials, transport and the form of answers to the doors. `docs/decisions/008-one-room-for-analysts.md`.

mod apart;
mod bounded;
mod gate;
mod hint;
mod hold;
mod measures;
mod options;
mod parameters;
mod placeholders;
mod pool;
mod rows;
mod session;
mod split;

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use tokio::time::{Instant, timeout};

use crate::engine::Engine;
use crate::error::Error;
use crate::params::Params;
use crate::scope::Scope;
use crate::{named, planning, statement};
use gate::Gate;
use measures::Outcome;
use session::Analysts;

pub(crate) use hint::{hint, position};
pub use options::RoomOptions;
pub use parameters::Bound;
pub use placeholders::numbered;
pub use rows::Rows;
pub use split::{first_statement, parenthesised, split};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub scope: Scope,
    /// The account's name; statements of one name share their turns, `current_user` shows it.
    pub name: String,
}

/// What a statement takes and gives.
#[derive(Debug, Clone)]
pub struct Described {
    /// The type of `$1`, `$2`, …, where the statement tells.
    pub parameters: Vec<Option<DataType>>,
    pub schema: SchemaRef,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Room {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    analysts: Analysts,
    gate: Gate,
    options: RoomOptions,
}

impl Room {
    /// A room of an engine.
    ///
    /// # Errors
    /// [`Error::Execute`] when the spill folder cannot be used.
    pub fn new(engine: Engine, options: RoomOptions) -> Result<Self, Error> {
        let analysts = Analysts::new(engine.sessions(), &options)
            .map_err(|source| Error::execute("opening the room for statements", source))?;
        let gate = Gate::new(&options);
        Ok(Self { shared: Arc::new(Shared { engine, analysts, gate, options }) })
    }

    #[must_use]
    pub fn options(&self) -> &RoomOptions {
        &self.shared.options
    }

    /// What a statement takes and gives; nothing is run.
    ///
    /// # Errors
    /// As [`Room::run`].
    pub async fn describe(&self, caller: &Caller, sql: &str) -> Result<Described, Error> {
        let (room, caller, sql) = (self.clone(), caller.clone(), sql.to_owned());
        let planning = async move {
            let planned = timeout(room.shared.options.time_limit, room.plan(&caller, &sql, &[])).await;
            let (_, plan) = planned.map_err(|_| room.too_long())??;
            let parameters = parameters::types(&plan)?;
            Ok(Described { parameters, schema: Arc::new(plan.schema().as_arrow().clone()) })
        };
        apart::done(&self.shared.options, Box::pin(planning)).await
    }

    /// The columns of a statement with these values; nothing is run.
    ///
    /// # Errors
    /// As [`Room::run`].
    pub async fn describe_bound(
        &self,
        caller: &Caller,
        sql: &str,
        values: &[Bound],
    ) -> Result<SchemaRef, Error> {
        let (room, caller) = (self.clone(), caller.clone());
        let (sql, values) = (sql.to_owned(), values.to_vec());
        let planning = async move {
            let planned = timeout(room.shared.options.time_limit, room.plan(&caller, &sql, &values)).await;
            let (_, plan) = planned.map_err(|_| room.too_long())??;
            let plan = parameters::bind(plan, &values)?;
            Ok(Arc::new(plan.schema().as_arrow().clone()))
        };
        apart::done(&self.shared.options, Box::pin(planning)).await
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    /// [`Error::Statement`] for anything but one query over our tables, [`Error::Busy`], [`Error::TimeLimit`],
    /// [`Error::OutOfMemory`]. Those of the rows come with them: also [`Error::TooLarge`], [`Error::Idle`].
    pub async fn run(&self, caller: &Caller, sql: &str, values: &[Bound]) -> Result<Rows, Error> {
        let (room, of, sql, values) = (self.clone(), caller.clone(), sql.to_owned(), values.to_vec());
        let planning = async move {
            let (session, plan) = room.plan(&of, &sql, &values).await?;
            Ok((session, parameters::bind(plan, &values)?))
        };
        self.start(caller, Box::pin(planning)).await
    }

    /// Runs a named query.
    ///
    /// # Errors
    /// [`Error::UnknownQuery`], [`Error::Parameter`], and those of [`Room::run`].
    pub async fn ask(&self, caller: &Caller, name: &str, params: &Params) -> Result<Rows, Error> {
        let (room, of, name, params) = (self.clone(), caller.clone(), name.to_owned(), params.clone());
        let planning = async move {
            let view = room.shared.engine.view().await?;
            let session = room.shared.analysts.open(room.shared.engine.sessions(), &view, &of, 0);
            let session = session.map_err(|source| Error::execute("opening a session", source))?;
            let plan = named::plan(&session, &name, &params).await?.into_unoptimized_plan();
            Ok((session, plan))
        };
        self.start(caller, Box::pin(planning)).await
    }

    /// Plans and starts something when it is its turn.
    async fn start(
        &self,
        caller: &Caller,
        planning: impl Future<Output = Result<(SessionContext, LogicalPlan), Error>> + Send + 'static,
    ) -> Result<Rows, Error> {
        let outcome = Outcome::awaited();
        let options = &self.shared.options;
        let started = async {
            let turn = self.shared.gate.enter(&caller.name).await?;
            let begun = Instant::now();
            let asked = self.shared.engine.ask_for();
            let starting = async {
                let (session, plan) = planning.await?;
                let state = session.state();
                let physical = planning::physical(&state, &plan).await.map_err(Error::of_statement)?;
                // Spawns what it has to on the runtime it is called on.
                execute_stream(physical, planning::task(&state)).map_err(Error::of_statement)
            };
            let (too_long, limit) = (self.too_long(), options.time_limit);
            let starting = async move { timeout(limit, starting).await.map_err(|_| too_long)? };
            let stream = apart::done(options, Box::pin(starting)).await?;
            drop(asked);
            Ok((stream, begun.elapsed(), turn))
        };
        match Box::pin(started).await {
            Ok((stream, spent, turn)) => {
                let asking = self.shared.engine.asking().clone();
                Ok(Rows::start(stream, spent, turn, (outcome, asking), options))
            }
            Err(error) => {
                outcome.failed(&error);
                Err(error)
            }
        }
    }

    async fn plan(
        &self,
        caller: &Caller,
        sql: &str,
        values: &[Bound],
    ) -> Result<(SessionContext, LogicalPlan), Error> {
        let longest = values.iter().filter_map(|value| value.text.as_ref().map(String::len)).max();
        let longest = statement::longest_literal(sql).max(longest.unwrap_or_default());
        let view = self.shared.engine.view().await?;
        let session = self.shared.analysts.open(self.shared.engine.sessions(), &view, caller, longest);
        let session = session.map_err(|source| Error::execute("opening a session", source))?;
        parameters::announce(&session, values);
        let plan = statement::plan_rewritten(&session, &caller.scope, sql).await?;
        Ok((session, plan))
    }

    fn too_long(&self) -> Error {
        Error::TimeLimit { seconds: self.shared.options.time_limit.as_secs() }
    }
}
