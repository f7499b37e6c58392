//! Actions: preparing and closing statements, cancelling, ending a session.

mod session;

use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, Command, ProstMessageExt,
    TicketStatementQuery,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo,
    Result as ActionResult,
};
use bytes::Bytes;
use callhouse_query::Caller;
use futures::{StreamExt, stream};
use prost::Message;
use tonic::{Response, Status};

use super::info::refuse_transaction;
use super::{Answer, Answers, Service, command};
use crate::credentials::Claim;
use crate::{error, parameters, wire};

/// What is done here: name and meaning.
const KNOWN: &[(&str, &str)] = &[
    ("CreatePreparedStatement", "prepares a statement that reads"),
    ("ClosePreparedStatement", "forgets it"),
    ("CancelFlightInfo", "ends what reads the tickets of a FlightInfo, and the tickets"),
    ("CancelQuery", "the same, as older clients say it"),
    ("CloseSession", "ends the bearer token of a handshake"),
    ("SetSessionOptions", "takes the catalog and the schema there are"),
    ("GetSessionOptions", "tells them"),
];

/// What Flight SQL has besides, and why it is not here.
const REFUSED: &[(&str, &str)] = &[
    ("BeginTransaction", NO_TRANSACTIONS),
    ("EndTransaction", NO_TRANSACTIONS),
    ("BeginSavepoint", NO_TRANSACTIONS),
    ("EndSavepoint", NO_TRANSACTIONS),
    ("CreatePreparedSubstraitPlan", "Substrait is not spoken here: send SQL"),
    ("RenewFlightEndpoint", "tickets are renewed by being used; ask for the statement again"),
];

const NO_TRANSACTIONS: &str = "there are no transactions: every statement reads what is there when it starts";

pub(super) fn list() -> Response<Answers<ActionType>> {
    let known = KNOWN.iter().map(|(name, description)| {
        Ok(ActionType { r#type: (*name).to_owned(), description: (*description).to_owned() })
    });
    Response::new(stream::iter(known).boxed())
}

impl Service {
    pub(super) async fn act(
        &self,
        caller: &Caller,
        claim: &Claim,
        action: &Action,
    ) -> Answer<Answers<ActionResult>> {
        let body = &action.body;
        let told = match action.r#type.as_str() {
            "CreatePreparedStatement" => Some(self.prepare(caller, &unpack(body)?).await?),
            "ClosePreparedStatement" => {
                let request: ActionClosePreparedStatementRequest = unpack(body)?;
                self.statements.close(caller, &request.prepared_statement_handle);
                None
            }
            "CancelFlightInfo" => {
                let request: CancelFlightInfoRequest = decode(body)?;
                let status = self.cancel(caller, &request.info.unwrap_or_default());
                Some(CancelFlightInfoResult::new(status).encode_to_vec().into())
            }
            "CancelQuery" => {
                let request: ActionCancelQueryRequest = unpack(body)?;
                // The results are numbered alike ("Arrow Flight SQL", ActionCancelQueryResult).
                let result = self.cancel(caller, &decode(&request.info)?) as i32;
                Some(ActionCancelQueryResult { result }.as_any().encode_to_vec().into())
            }
            "CloseSession" => Some(self.close_session(claim)),
            "SetSessionOptions" => Some(session::set(&decode(body)?)),
            "GetSessionOptions" => Some(session::get()),
            name => {
                let refusal = REFUSED.iter().find(|(known, _)| *known == name).map(|(_, why)| *why);
                let why = refusal.map_or_else(|| format!("there is no action {name:?}"), str::to_owned);
                return Err(error::unimplemented(why));
            }
        };
        let results = told.into_iter().map(|body: Bytes| Ok(ActionResult { body }));
        Ok(Response::new(stream::iter(results).boxed()))
    }

    async fn prepare(
        &self,
        caller: &Caller,
        request: &ActionCreatePreparedStatementRequest,
    ) -> Result<Bytes, Status> {
        refuse_transaction(request.transaction_id.as_ref())?;
        let (handle, prepared) = self.statements.prepare(caller, &request.query).await?;
        let failed = |broken: arrow::error::ArrowError| error::fault(&broken);
        let told = ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle,
            dataset_schema: wire::schema_bytes(&prepared.schema).map_err(failed)?,
            parameter_schema: wire::schema_bytes(&parameters::schema(&prepared.parameters))
                .map_err(failed)?,
        };
        Ok(told.as_any().encode_to_vec().into())
    }

    /// Cancels what reads the tickets of an info. One that nobody reads yet will never be.
    fn cancel(&self, caller: &Caller, info: &FlightInfo) -> CancelStatus {
        let tickets = info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.as_ref());
        let handles = tickets.filter_map(|ticket| match command(&ticket.ticket) {
            Ok(Command::TicketStatementQuery(TicketStatementQuery { statement_handle })) => {
                Some(statement_handle)
            }
            _ => None,
        });
        let mut status = CancelStatus::NotCancellable;
        for handle in handles {
            if self.statements.cancel(caller, &handle) {
                status = CancelStatus::Cancelled;
            }
        }
        status
    }

    fn close_session(&self, claim: &Claim) -> Bytes {
        if let Claim::Token(token) = claim {
            self.bearers.end(token);
        }
        session::closed()
    }
}

/// The message of an action of Flight SQL.
fn unpack<M: ProstMessageExt>(body: &Bytes) -> Result<M, Status> {
    let found = Any::decode(body.as_ref()).ok().and_then(|any| any.unpack::<M>().ok().flatten());
    found.ok_or_else(|| error::refused(format!("the body is no {}", M::type_url())))
}

/// The message of an action of Flight.
fn decode<M: Message + Default>(body: &Bytes) -> Result<M, Status> {
    M::decode(body.as_ref()).map_err(|broken| error::refused(format!("the body cannot be read: {broken}")))
}
