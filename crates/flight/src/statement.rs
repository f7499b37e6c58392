//! Statements between two calls: what a ticket stands for, and prepared statements with the values they were given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use callhouse_query::{Caller, Room, numbered};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::error;
use crate::parameters::{self, Row};
use crate::shelf::{Bounds, Shelf};
use crate::wire;

/// Prepared statements live longer than tickets: pools keep them.
const PREPARED_IDLE: Duration = Duration::from_secs(3_600);
/// Tickets and prepared statements of one account.
const MAX_OF_ACCOUNT: usize = 500;
const MAX_BYTES_OF_ACCOUNT: usize = 16 << 20;
const MAX_BYTES: usize = 256 << 20;

/// A statement with its values, to be run when its ticket is shown.
pub(crate) struct Asked {
    pub(crate) sql: Arc<str>,
    /// Each is one run; there is always one.
    pub(crate) runs: Arc<[Row]>,
    /// The columns its reader was told.
    pub(crate) schema: SchemaRef,
    /// Ends every answer to the ticket.
    pub(crate) canceled: CancellationToken,
}

/// A statement that was prepared.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) sql: Arc<str>,
    pub(crate) parameters: Arc<[Option<DataType>]>,
    pub(crate) schema: SchemaRef,
    /// The values it was given last.
    runs: Arc<[Row]>,
}

/// The statements of all accounts.
pub(crate) struct Statements {
    room: Room,
    tickets: Shelf<Asked>,
    prepared: Shelf<Prepared>,
}

impl Statements {
    pub(crate) fn new(room: Room) -> Self {
        let idle = room.options().idle_limit;
        let bounds =
            Bounds { idle, of_owner: MAX_OF_ACCOUNT, bytes_of_owner: MAX_BYTES_OF_ACCOUNT, bytes: MAX_BYTES };
        let tickets = Shelf::new(bounds);
        let prepared = Shelf::new(Bounds { idle: PREPARED_IDLE, ..bounds });
        Self { room, tickets, prepared }
    }

    /// How long a ticket is good.
    pub(crate) const fn ticket_life(&self) -> Duration {
        self.tickets.bounds().idle
    }

    /// How long a prepared statement is kept without being used.
    pub(crate) const fn prepared_life() -> Duration {
        PREPARED_IDLE
    }

    /// A statement without values.
    ///
    /// # Errors
    /// INVALID_ARGUMENT and what else the room says.
    pub(crate) async fn ask(&self, caller: &Caller, sql: &str) -> Result<Asked, Status> {
        let sql = numbered(sql);
        self.bound(caller, &sql, Arc::from([Row::new()])).await
    }

    /// A prepared statement with the values it was given.
    ///
    /// # Errors
    /// NOT_FOUND, and as [`Statements::ask`].
    pub(crate) async fn ask_prepared(&self, caller: &Caller, handle: &[u8]) -> Result<Asked, Status> {
        let prepared = self.find_prepared(caller, handle)?;
        self.bound(caller, &prepared.sql, Arc::clone(&prepared.runs)).await
    }

    async fn bound(&self, caller: &Caller, sql: &str, runs: Arc<[Row]>) -> Result<Asked, Status> {
        let values = runs.first().map(Vec::as_slice).unwrap_or_default();
        let schema = self.room.describe_bound(caller, sql, values).await.map_err(error::of_query)?;
        let canceled = CancellationToken::new();
        Ok(Asked { sql: sql.into(), runs, schema: wire::schema(&schema), canceled })
    }

    /// A ticket for a statement.
    pub(crate) fn issue(&self, caller: &Caller, asked: Asked) -> Bytes {
        let bytes = asked.sql.len() + size(&asked.runs) + size_of_schema(&asked.schema);
        self.tickets.put(Instant::now(), &caller.name, asked, bytes)
    }

    /// What a ticket stands for.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub(crate) fn redeem(&self, caller: &Caller, ticket: &[u8]) -> Result<Arc<Asked>, Status> {
        self.tickets.get(Instant::now(), &caller.name, ticket).ok_or_else(|| error::unknown("ticket"))
    }

    /// Cancels whatever reads a ticket, and the ticket; false when there is none such.
    pub(crate) fn cancel(&self, caller: &Caller, ticket: &[u8]) -> bool {
        let Some(asked) = self.tickets.remove(&caller.name, ticket) else { return false };
        asked.canceled.cancel();
        true
    }

    /// Prepares a statement; its handle.
    ///
    /// # Errors
    /// As [`Statements::ask`].
    pub(crate) async fn prepare(&self, caller: &Caller, sql: &str) -> Result<(Bytes, Prepared), Status> {
        let sql: Arc<str> = numbered(sql).into();
        let described = self.room.describe(caller, &sql).await.map_err(error::of_query)?;
        let prepared = Prepared {
            parameters: described.parameters.into(),
            schema: wire::schema(&described.schema),
            runs: Arc::from([Row::new()]),
            sql,
        };
        let handle = self.prepared.put(Instant::now(), &caller.name, prepared.clone(), prepared.bytes());
        Ok((handle, prepared))
    }

    /// # Errors
    /// NOT_FOUND.
    pub(crate) fn find_prepared(&self, caller: &Caller, handle: &[u8]) -> Result<Arc<Prepared>, Status> {
        self.prepared
            .get(Instant::now(), &caller.name, handle)
            .ok_or_else(|| error::unknown("prepared statement"))
    }

    /// Gives a prepared statement the values of its next runs.
    ///
    /// # Errors
    /// NOT_FOUND; INVALID_ARGUMENT when there are too few.
    pub(crate) fn bind(&self, caller: &Caller, handle: &[u8], rows: Vec<Row>) -> Result<(), Status> {
        let prepared = self.find_prepared(caller, handle)?;
        let (wanted, given) = (prepared.parameters.len(), rows.first().map_or(0, Vec::len));
        if given != wanted {
            let reason = format!("the statement has {wanted} parameters and {given} values came");
            return Err(error::refused(reason));
        }
        let runs = if rows.is_empty() { vec![Row::new()] } else { rows };
        let bound = Prepared { runs: runs.into(), ..prepared.as_ref().clone() };
        let bytes = bound.bytes();
        let kept = self.prepared.replace(Instant::now(), &caller.name, handle, bound, bytes);
        kept.then_some(()).ok_or_else(|| error::unknown("prepared statement"))
    }

    /// Forgets a prepared statement. One that is not there is forgotten already.
    pub(crate) fn close(&self, caller: &Caller, handle: &[u8]) {
        drop(self.prepared.remove(&caller.name, handle));
    }

    pub(crate) const fn room(&self) -> &Room {
        &self.room
    }
}

impl Prepared {
    fn bytes(&self) -> usize {
        let parameters = size_of_val::<[Option<DataType>]>(&self.parameters);
        self.sql.len() + size(&self.runs) + parameters + size_of_schema(&self.schema)
    }
}

fn size(runs: &[Row]) -> usize {
    runs.iter().map(|row| size_of::<Row>() + parameters::size(row)).sum()
}

/// About what a schema takes, so that many wide answers count.
fn size_of_schema(schema: &SchemaRef) -> usize {
    const FIELD_BYTES: usize = 400;
    schema.fields().iter().map(|field| FIELD_BYTES + field.name().len()).sum()
}
