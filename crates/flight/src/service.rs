//! The calls of Flight, each handed to the file that answers it once the caller has proved who it is.

mod actions;
mod bind;
mod handshake;
mod info;

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use callhouse_core::Clock;
use callhouse_lake::accounts::Accounts;
use callhouse_query::{Caller, Room};
use futures::stream::BoxStream;
use prost::Message as _;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::bearers::Bearers;
use crate::connection::Visitor;
use crate::credentials::{self, Claim};
use crate::metadata::Metadata;
use crate::statement::Statements;
use crate::{answer, error};

type Answer<T> = Result<Response<T>, Status>;
type Answers<T> = BoxStream<'static, Result<T, Status>>;

pub(crate) struct Service {
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    bearers: Bearers,
    statements: Statements,
    metadata: Metadata,
    stop: CancellationToken,
}

impl Service {
    pub(crate) fn new(
        room: Room,
        accounts: Accounts,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            accounts,
            clock,
            bearers: Bearers::default(),
            statements: Statements::new(room),
            metadata: Metadata::default(),
            stop,
        }
    }

    /// Who makes a call.
    ///
    /// # Errors
    /// UNAUTHENTICATED; RESOURCE_EXHAUSTED when there was no place for its connection.
    async fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let claim = Claim::read(request.metadata());
        self.prove(request, &claim?).await
    }

    async fn prove<T>(&self, request: &Request<T>, claim: &Claim) -> Result<Caller, Status> {
        let visitor = request.extensions().get::<Visitor>();
        if visitor.is_some_and(|visitor| visitor.turned_away) {
            return Err(Status::resource_exhausted("too many connections; try again later"));
        }
        let principal = credentials::prove(claim, &self.accounts, &self.bearers).await?;
        if let Some(visitor) = visitor {
            visitor.prove();
        }
        Ok(credentials::caller(&principal))
    }
}

/// A command of Flight SQL.
///
/// # Errors
/// INVALID_ARGUMENT.
fn command(bytes: &[u8]) -> Result<Command, Status> {
    let message = Any::decode(bytes).ok().and_then(|any| Command::try_from(any).ok());
    message.ok_or_else(|| error::refused("that is no command of Flight SQL"))
}

#[tonic::async_trait]
impl FlightService for Service {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Self::HandshakeStream> {
        self.shake_hands(&request).await
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        let caller = self.caller(&request).await?;
        self.info(&caller, request.into_inner()).await.map(Response::new)
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<PollInfo> {
        let caller = self.caller(&request).await?;
        self.poll(&caller, request.into_inner()).await.map(Response::new)
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        let caller = self.caller(&request).await?;
        self.schema(&caller, &request.into_inner()).await.map(Response::new)
    }

    async fn do_get(&self, request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        let caller = self.caller(&request).await?;
        let asked = match command(&request.get_ref().ticket)? {
            Command::TicketStatementQuery(ticket) => {
                self.statements.redeem(&caller, &ticket.statement_handle)?
            }
            Command::CommandPreparedStatementQuery(prepared) => {
                let handle = &prepared.prepared_statement_handle;
                Arc::new(self.statements.ask_prepared(&caller, handle).await?)
            }
            command => {
                let batch = self.metadata.answer(self.statements.room(), &caller, &command).await?;
                return Ok(Response::new(answer::at_hand(batch)));
            }
        };
        let messages = answer::start(self.statements.room(), caller, asked, self.stop.clone()).await?;
        Ok(Response::new(messages))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        let caller = self.caller(&request).await?;
        self.put(&caller, request.into_inner()).await
    }

    async fn do_action(&self, request: Request<Action>) -> Answer<Self::DoActionStream> {
        let claim = Claim::read(request.metadata())?;
        let caller = self.prove(&request, &claim).await?;
        self.act(&caller, &claim, &request.into_inner()).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Answer<Self::ListActionsStream> {
        self.caller(&request).await?;
        Ok(actions::list())
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        self.caller(&request).await?;
        Err(error::unimplemented("no flights are listed here; CommandGetTables of Flight SQL lists tables"))
    }

    async fn do_exchange(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        self.caller(&request).await?;
        Err(error::unimplemented("callhouse is read only: nothing is exchanged here"))
    }
}
