//! Handshake: Basic with an account and one of its API keys becomes a bearer token for the calls that follow.

use std::time::Instant;

use arrow_flight::{HandshakeRequest, HandshakeResponse};
use bytes::Bytes;
use callhouse_lake::accounts::Secret;
use futures::{StreamExt, stream};
use tonic::metadata::AsciiMetadataValue;
use tonic::{Request, Response, Status, Streaming};

use super::{Answer, Answers, Service};
use crate::credentials::{self, Claim, HEADER};
use crate::error;

impl Service {
    /// The token comes in the header `authorization` of the answer, where clients look for it, and in its payload. A
    /// bearer that is good already is given back.
    pub(super) async fn shake_hands(
        &self,
        request: &Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Answers<HandshakeResponse>> {
        let claim = Claim::read(request.metadata())?;
        self.prove(request, &claim).await?;
        let token = match &claim {
            Claim::Basic { .. } => {
                let principal = credentials::prove(&claim, &self.accounts, &self.bearers).await?;
                self.bearers.admit(Instant::now(), principal)
            }
            Claim::ApiKey(token) | Claim::Token(token) | Claim::Session(token) => token.clone(),
        };
        let payload = Bytes::copy_from_slice(token.expose().as_bytes());
        let told = HandshakeResponse { protocol_version: 0, payload };
        let mut response = Response::new(stream::once(async { Ok(told) }).boxed());
        response.metadata_mut().insert(HEADER, header(&token)?);
        Ok(response)
    }
}

fn header(token: &Secret) -> Result<AsciiMetadataValue, Status> {
    let mut value: AsciiMetadataValue =
        format!("Bearer {}", token.expose()).parse().map_err(|broken| error::fault(&broken))?;
    // Nothing that logs headers may show it (SEC-1).
    value.set_sensitive(true);
    Ok(value)
}
