//! DoPut: values for the parameters of a prepared statement. Everything else that is put would write.

use arrow_flight::sql::{Command, DoPutPreparedStatementResult};
use arrow_flight::{FlightData, PutResult};
use callhouse_query::Caller;
use futures::{Stream, StreamExt, stream};
use prost::Message as _;
use tonic::{Response, Status};

use super::{Answer, Answers, Service, command};
use crate::{error, parameters};

const NO_UPDATES: &str =
    "callhouse is read only: no INSERT, UPDATE or DELETE; events come in through POST /v1/events";
const NO_INGEST: &str =
    "callhouse is read only: no table is filled here; events come in through POST /v1/events";

impl Service {
    pub(super) async fn put(
        &self,
        caller: &Caller,
        mut messages: impl Stream<Item = Result<FlightData, Status>> + Send + Unpin + 'static,
    ) -> Answer<Answers<PutResult>> {
        let first = messages.next().await.transpose()?;
        let first = first.ok_or_else(|| error::refused("nothing was put"))?;
        let descriptor = first.flight_descriptor.as_ref();
        let descriptor = descriptor.ok_or_else(|| error::refused("the first message has no descriptor"))?;
        let handle = match command(&descriptor.cmd)? {
            Command::CommandPreparedStatementQuery(prepared) => prepared.prepared_statement_handle,
            Command::CommandStatementUpdate(_) | Command::CommandPreparedStatementUpdate(_) => {
                return Err(error::unimplemented(NO_UPDATES));
            }
            Command::CommandStatementIngest(_) => return Err(error::unimplemented(NO_INGEST)),
            other => {
                return Err(error::unimplemented(format!("{} cannot be put", other.type_url())));
            }
        };
        // Who has no such statement need not send its values.
        self.statements.find_prepared(caller, &handle)?;
        let rows = parameters::read(stream::once(async { Ok(first) }).chain(messages)).await?;
        self.statements.bind(caller, &handle, rows)?;
        let told = DoPutPreparedStatementResult { prepared_statement_handle: Some(handle) };
        let told = PutResult { app_metadata: told.encode_to_vec().into() };
        Ok(Response::new(stream::once(async { Ok(told) }).boxed()))
    }
}
