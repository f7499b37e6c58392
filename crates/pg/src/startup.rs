//! The beginning of a connection: TLS, who it is, and that they can prove it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use callhouse_lake::accounts::{AccessScope, Principal, ScramOutcome};
use pgwire::messages::response::{GssEncResponse, SslResponse};
use pgwire::messages::startup::{Authentication, NegotiateProtocolVersion, Startup};
use pgwire::messages::{PgWireFrontendMessage, SslNegotiationMetaMessage};

use crate::error::Failure;
use crate::scram::{self, Exchange};
use crate::serve::Shared;
use crate::wire::{Carrier, Wire};

/// A connection that has proved who it is.
pub(crate) struct Admitted {
    pub(crate) wire: Wire,
    pub(crate) principal: Principal,
    /// What the client sets on its way in.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Reads the first messages, and says `refusal` to whoever wants to come in, if there is one; `None` when there is nothing more to do: a cancel request, or a client that left.
///
/// # Errors
/// When the connection breaks. Who cannot prove who they are is told so and `None`.
pub(crate) async fn admit(
    carrier: Box<dyn Carrier>,
    shared: &Arc<Shared>,
    patience: Duration,
    refusal: Option<Failure>,
) -> io::Result<Option<Admitted>> {
    let mut wire = Wire::new(carrier, patience);
    let startup = loop {
        let Some(message) = wire.receive().await? else { return Ok(None) };
        match message {
            PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::PostgresSsl(_)) => {
                wire = answer_tls(wire, shared, patience).await?;
            }
            PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::PostgresGss(_)) => {
                wire.put(&GssEncResponse::Refuse);
                wire.flush().await?;
            }
            // What follows is no negotiation; it is still to be read.
            PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::None) => {
                wire.context().awaiting_frontend_ssl = false;
            }
            PgWireFrontendMessage::CancelRequest(request) => {
                if let pgwire::messages::startup::SecretKey::I32(secret) = request.secret_key {
                    shared.registry.cancel(request.pid, secret);
                }
                return Ok(None);
            }
            PgWireFrontendMessage::Startup(startup) => break startup,
            _ => return Ok(None),
        }
    };
    wire.context().awaiting_frontend_ssl = false;
    wire.context().awaiting_frontend_startup = false;
    let admitted = match refusal {
        Some(refusal) => Err(refusal),
        None => authenticate(&mut wire, shared, &startup).await?,
    };
    match admitted {
        Ok(principal) => {
            wire.put(&Authentication::Ok);
            wire.trust();
            let parameters = startup.parameters.into_iter().collect();
            Ok(Some(Admitted { wire, principal, parameters }))
        }
        Err(failure) => {
            wire.put(&failure.response(""));
            wire.flush().await?;
            Ok(None)
        }
    }
}

async fn answer_tls(mut wire: Wire, shared: &Shared, patience: Duration) -> io::Result<Wire> {
    let Some(acceptor) = &shared.tls else {
        wire.put(&SslResponse::Refuse);
        wire.flush().await?;
        return Ok(wire);
    };
    wire.put(&SslResponse::Accept);
    wire.flush().await?;
    let carrier = acceptor.accept(wire.into_carrier()?).await?;
    let mut wire = Wire::new(Box::new(carrier), patience);
    wire.context().awaiting_frontend_ssl = false;
    Ok(wire)
}

async fn authenticate(
    wire: &mut Wire,
    shared: &Shared,
    startup: &Startup,
) -> io::Result<Result<Principal, Failure>> {
    if startup.protocol_number_major != 3 {
        return Ok(Err(Failure::fatal("0A000", "only protocol 3.0 is spoken here")));
    }
    let unknown: Vec<String> =
        startup.parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect();
    if startup.protocol_number_minor > 0 || !unknown.is_empty() {
        wire.put(&NegotiateProtocolVersion::new(3 << 16, unknown));
    }
    let Some(account) = startup.parameters.get("user") else {
        return Ok(Err(Failure::fatal("28000", "a user must be named: the name of an account")));
    };
    wire.put(&Authentication::SASL(vec![scram::MECHANISM.to_owned()]));
    wire.flush().await?;
    let violation = || Ok(Err(Failure::fatal("08P01", "that is no SCRAM-SHA-256 exchange")));
    let Some(PgWireFrontendMessage::PasswordMessageFamily(first)) = wire.receive().await? else {
        return violation();
    };
    let Ok(first) = first.into_sasl_initial_response() else { return violation() };
    let exchange = first
        .data
        .filter(|_| first.auth_method == scram::MECHANISM)
        .and_then(|data| Exchange::begin(account, &data));
    let Some(exchange) = exchange else { return violation() };
    wire.put(&Authentication::SASLContinue(Bytes::copy_from_slice(exchange.server_first().as_bytes())));
    wire.flush().await?;
    let Some(PgWireFrontendMessage::PasswordMessageFamily(last)) = wire.receive().await? else {
        return violation();
    };
    let proof = last.into_sasl_response().ok().and_then(|last| exchange.proof(&last.data));
    let Some(proof) = proof else { return violation() };
    let refused = Failure::fatal("28P01", format!("the password of {account:?} must be one of its API keys"));
    match shared.accounts.authenticate_scram(account, proof.message.as_bytes(), &proof.proof).await {
        // Only now: who cannot prove that they have the key learns nothing of it.
        Ok(ScramOutcome::Proven { principal, .. }) if !principal.may(AccessScope::Sql) => {
            Ok(Err(Failure::fatal("42501", AccessScope::Sql.missing())))
        }
        Ok(ScramOutcome::Proven { principal, server_signature }) => {
            let proved = scram::server_final(&server_signature);
            wire.put(&Authentication::SASLFinal(Bytes::from(proved)));
            Ok(Ok(principal))
        }
        Ok(ScramOutcome::Wrong) => Ok(Err(refused)),
        Ok(ScramOutcome::WrongAndOldKeys) => Ok(Err(refused.with_hint(
            "keys of this account were made before callhouse spoke PostgreSQL's protocol and cannot be used here; \
             make a new one: callhouse api-key create",
        ))),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "asking the catalog failed");
            Ok(Err(Failure::fatal("58000", "the catalog does not answer")))
        }
    }
}
