//! Metadata: what an account can ask for. It is the same for every account: the tables of `schemas/`, none of their
//! rows.
//!
//! One file per kind of command; each makes one batch.

mod info;
mod keys;
mod tables;
mod types;

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::Command;
use callhouse_query::{Caller, Room};
use tonic::Status;

use crate::error;
use tables::Tables;

/// The one catalog and the one schema.
pub(crate) const CATALOG: &str = "callhouse";
pub(crate) const SCHEMA: &str = "public";

/// Answers commands about metadata.
#[derive(Default)]
pub(crate) struct Metadata {
    tables: Tables,
}

impl Metadata {
    /// The answer to a command.
    ///
    /// # Errors
    /// UNIMPLEMENTED for a command that is none of these.
    pub(crate) async fn answer(
        &self,
        room: &Room,
        caller: &Caller,
        command: &Command,
    ) -> Result<RecordBatch, Status> {
        let made = match command {
            Command::CommandGetCatalogs(wanted) => tables::catalogs(*wanted),
            Command::CommandGetDbSchemas(wanted) => tables::schemas(wanted.clone()),
            Command::CommandGetTableTypes(wanted) => tables::table_types(*wanted),
            Command::CommandGetTables(wanted) => self.tables.answer(room, caller, wanted.clone()).await?,
            Command::CommandGetSqlInfo(wanted) => info::answer(wanted.clone()),
            Command::CommandGetXdbcTypeInfo(wanted) => types::answer(*wanted),
            Command::CommandGetPrimaryKeys(_) => keys::primary(),
            Command::CommandGetImportedKeys(_)
            | Command::CommandGetExportedKeys(_)
            | Command::CommandGetCrossReference(_) => keys::foreign(),
            Command::CommandStatementSubstraitPlan(_) => {
                return Err(error::unimplemented("Substrait is not spoken here: send SQL"));
            }
            other => {
                return Err(error::unimplemented(format!("{} has no answer here", other.type_url())));
            }
        };
        made.map_err(|broken: FlightError| error::fault(&broken))
    }
}
