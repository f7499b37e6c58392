//! Serving: accept until told to stop, each connection a task of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use callhouse_lake::accounts::Accounts;
use callhouse_query::Room;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::cancel::Registry;
use crate::error::{Error, Failure};
use crate::session::Session;
use crate::startup;
use crate::tls::TlsFiles;

/// How long a client may take to prove who it is.
const STARTUP: Duration = Duration::from_secs(30);
/// How long one that is turned away may take to hear it.
const REFUSAL: Duration = Duration::from_secs(5);
/// How long the system may fail to accept before it is asked again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the wire stands on.
#[derive(Clone)]
pub struct Door {
    pub room: Room,
    pub accounts: Accounts,
    pub tls: Option<TlsFiles>,
    /// Connections at once; one more is told so.
    pub connections: usize,
}

/// What connections share.
pub(crate) struct Shared {
    pub(crate) room: Room,
    pub(crate) accounts: Accounts,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) registry: Registry,
}

/// Serves the protocol on `listener` until `stop` is cancelled. Statements under way are cancelled then: they only
/// read.
///
/// # Errors
/// [`Error`] when TLS is set and cannot be.
pub async fn serve(listener: TcpListener, door: Door, stop: CancellationToken) -> Result<(), Error> {
    let tls = door.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
    let Door { room, accounts, connections, .. } = door;
    let shared = Arc::new(Shared { room, accounts, tls, registry: Registry::default() });
    let places = Arc::new(Semaphore::new(connections));
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next(), if !clients.is_empty() => continue,
            () = stop.cancelled() => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection could not be accepted"
                );
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (shared, places) = (Arc::clone(&shared), Arc::clone(&places));
        clients.spawn(async move {
            let served = match places.try_acquire_owned() {
                Ok(_place) => one(stream, shared).await,
                Err(_) => turn_away(stream, &shared).await,
            };
            if let Err(error) = served {
                tracing::debug!(%from, error = &error as &dyn std::error::Error, "a connection broke");
            }
        });
    }
    clients.shutdown().await;
    Ok(())
}

/// Says why, once the client has asked to come in: before that it would not understand.
async fn turn_away(stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let refusal = Failure::fatal("53300", "too many connections");
    let admitted = timeout(REFUSAL, startup::admit(Box::new(stream), shared, REFUSAL, Some(refusal))).await;
    admitted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.map(drop)
}

async fn one(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let patience = shared.room.options().idle_limit;
    let admitted = timeout(STARTUP, startup::admit(Box::new(stream), &shared, patience, None)).await;
    let Some(admitted) = admitted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? else {
        return Ok(());
    };
    metrics::counter!("callhouse_pg_connections_total").increment(1);
    let gauge = metrics::gauge!("callhouse_pg_connections");
    gauge.increment(1);
    let served = Box::pin(Session::new(admitted, &shared).run()).await;
    gauge.decrement(1);
    served
}
