//! Serving: accept until told to stop, HTTP/2 on every connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use callhouse_core::Clock;
use callhouse_lake::accounts::Accounts;
use callhouse_query::Room;
use futures::stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use crate::connection::{Carrier, Connection};
use crate::error::Error;
use crate::service::Service;

/// How long a client may take for TLS.
const TLS: Duration = Duration::from_secs(30);
/// How long a client may take to prove who it is.
const PROOF: Duration = Duration::from_secs(60);
/// How long one that is turned away may take to hear it.
const REFUSAL: Duration = Duration::from_secs(5);
/// How long the system may fail to accept before it is asked again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A silent client is asked whether it is there, and must answer.
const ARE_YOU_THERE: Duration = Duration::from_secs(30);
const I_AM: Duration = Duration::from_secs(20);
/// Calls of one connection at once.
const MAX_CALLS: u32 = 100;
/// Bytes of one message of a client: a statement, or values of its parameters.
const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// How long connections may take to hear that callhouse is stopping.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the door stands on.
pub struct Door {
    pub room: Room,
    pub accounts: Accounts,
    pub clock: Arc<dyn Clock>,
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections at once; one more is told so.
    pub connections: usize,
}

/// Serves Flight SQL on `listener` until `stop` is cancelled. Statements under way are cancelled then: they only read.
///
/// # Errors
/// [`Error::Serve`].
pub async fn serve(listener: TcpListener, door: Door, stop: CancellationToken) -> Result<(), Error> {
    let Door { room, accounts, clock, tls, connections } = door;
    let (sender, accepted) = mpsc::channel(1);
    let closed = CancellationToken::new();
    let entrance = Entrance {
        tls: tls.map(|config| TlsAcceptor::from(Arc::new(with_http2(&config)))),
        places: Arc::new(Semaphore::new(connections)),
        closed: closed.clone(),
        sender,
    };
    let incoming = stream::unfold(accepted, |mut accepted: mpsc::Receiver<Connection>| async {
        accepted.recv().await.map(|connection| (Ok::<_, io::Error>(connection), accepted))
    });
    let service = Service::new(room, accounts, clock, stop.clone());
    let service = FlightServiceServer::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let serving = Server::builder()
        .http2_keepalive_interval(Some(ARE_YOU_THERE))
        .http2_keepalive_timeout(Some(I_AM))
        .max_concurrent_streams(MAX_CALLS)
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned());
    let until_closed = async {
        stop.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
        closed.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        served = async { tokio::join!(entrance.accept(listener, stop.clone()), serving).1 } => {
            served.map_err(Error::Serve)
        }
        () = until_closed => Ok(()),
    }
}

fn with_http2(config: &ServerConfig) -> ServerConfig {
    let mut config = config.clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Where connections come in.
struct Entrance {
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    closed: CancellationToken,
    sender: mpsc::Sender<Connection>,
}

impl Entrance {
    async fn accept(self, listener: TcpListener, stop: CancellationToken) {
        let entrance = Arc::new(self);
        let mut coming = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = coming.join_next(), if !coming.is_empty() => continue,
                () = stop.cancelled() => return,
            };
            match accepted {
                Ok((stream, from)) => {
                    let entrance = Arc::clone(&entrance);
                    coming.spawn(async move {
                        if let Err(error) = entrance.welcome(stream).await {
                            let error = &error as &dyn std::error::Error;
                            tracing::debug!(%from, error, "a connection broke");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a connection could not be accepted"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn welcome(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let carrier: Box<dyn Carrier> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(timeout(TLS, tls.accept(stream)).await??),
        };
        let patience = if place.is_some() { PROOF } else { REFUSAL };
        let connection = Connection::new(carrier, place, patience, &self.closed);
        // Nobody takes it any more when the server is stopping.
        drop(self.sender.send(connection).await);
        Ok(())
    }
}
