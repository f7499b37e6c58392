//! GetFlightInfo, PollFlightInfo, GetSchema: what a command's answer looks like, and the ticket that gets it.

use arrow::datatypes::SchemaRef;
use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::sql::{Command, ProstMessageExt, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo, SchemaResult, Ticket};
use bytes::Bytes;
use callhouse_query::Caller;
use prost::Message as _;
use prost_types::Timestamp;
use tonic::Status;

use super::{Service, command};
use crate::statement::Asked;
use crate::{error, wire};

/// What a command asks for.
enum Wanted {
    Statement(Asked),
    /// The command itself is the ticket.
    Metadata(SchemaRef),
}

impl Service {
    pub(super) async fn info(
        &self,
        caller: &Caller,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo, Status> {
        let (schema, endpoint) = match self.wanted(caller, &descriptor).await? {
            Wanted::Metadata(schema) => {
                (schema, FlightEndpoint::new().with_ticket(Ticket::new(descriptor.cmd.clone())))
            }
            Wanted::Statement(asked) => {
                let schema = SchemaRef::clone(&asked.schema);
                let ticket = ticket(self.statements.issue(caller, asked));
                let life = i64::try_from(self.statements.ticket_life().as_secs()).unwrap_or(i64::MAX);
                let until = (self.clock.now().micros() / 1_000_000).saturating_add(life);
                let until = Timestamp { seconds: until, nanos: 0 };
                (schema, FlightEndpoint::new().with_ticket(ticket).with_expiration_time(until))
            }
        };
        let info = FlightInfo::new().try_with_schema(&schema).map_err(|broken| error::fault(&broken))?;
        // One endpoint without a location: the same server. How many rows there are is not known before they are read.
        Ok(info.with_descriptor(descriptor).with_endpoint(endpoint).with_ordered(true))
    }

    /// Nothing runs before its ticket is shown, so every answer is ready at once.
    pub(super) async fn poll(
        &self,
        caller: &Caller,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo, Status> {
        let info = self.info(caller, descriptor).await?;
        PollInfo::new().with_info(info).try_with_progress(1.0).map_err(|broken| error::fault(&broken))
    }

    pub(super) async fn schema(
        &self,
        caller: &Caller,
        descriptor: &FlightDescriptor,
    ) -> Result<SchemaResult, Status> {
        let schema = match self.wanted(caller, descriptor).await? {
            Wanted::Statement(asked) => asked.schema,
            Wanted::Metadata(schema) => schema,
        };
        let schema = wire::schema_bytes(&schema).map_err(|broken| error::fault(&broken))?;
        Ok(SchemaResult { schema })
    }

    async fn wanted(&self, caller: &Caller, descriptor: &FlightDescriptor) -> Result<Wanted, Status> {
        if descriptor.r#type() != DescriptorType::Cmd {
            return Err(error::refused("a descriptor is a command of Flight SQL here, not a path"));
        }
        match command(&descriptor.cmd)? {
            Command::CommandStatementQuery(statement) => {
                refuse_transaction(statement.transaction_id.as_ref())?;
                Ok(Wanted::Statement(self.statements.ask(caller, &statement.query).await?))
            }
            Command::CommandPreparedStatementQuery(prepared) => {
                let handle = &prepared.prepared_statement_handle;
                Ok(Wanted::Statement(self.statements.ask_prepared(caller, handle).await?))
            }
            command => {
                let batch = self.metadata.answer(self.statements.room(), caller, &command).await?;
                Ok(Wanted::Metadata(batch.schema()))
            }
        }
    }
}

fn ticket(handle: Bytes) -> Ticket {
    Ticket::new(TicketStatementQuery { statement_handle: handle }.as_any().encode_to_vec())
}

/// # Errors
/// INVALID_ARGUMENT when there is one: none was ever begun.
pub(super) fn refuse_transaction(transaction: Option<&Bytes>) -> Result<(), Status> {
    match transaction {
        Some(id) if !id.is_empty() => Err(error::refused("there is no transaction of that id")),
        _ => Ok(()),
    }
}
