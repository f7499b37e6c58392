//! The doors of SQL beside HTTP, each if it is set: the PostgreSQL wire and Arrow Flight SQL.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use callhouse_core::Clock;
use callhouse_lake::accounts::Accounts;
use callhouse_pg::TlsFiles;
use callhouse_query::Room;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Settings, Sql};
use crate::listen::listen;
use crate::server::ended;

/// Their addresses, taken before anything else is opened.
pub(crate) struct Listeners {
    pg: Option<Listener>,
    flight: Option<Listener>,
    tls: Option<TlsFiles>,
}

struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// Doors that are open.
pub(crate) struct Doors {
    pg: Option<Door>,
    flight: Option<Door>,
    tls: bool,
}

struct Door {
    address: SocketAddr,
    /// `None` once it has ended.
    serving: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Listeners {
    /// # Errors
    /// When an address is taken, or certificate and key are not good.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let sql = &settings.sql;
        let tls = (!sql.tls_certificate.is_empty())
            .then(|| TlsFiles { certificate: (&sql.tls_certificate).into(), key: (&sql.tls_key).into() });
        if let Some(files) = &tls {
            files.config().context("sql.tls_certificate and sql.tls_key cannot be used")?;
        }
        let (pg, flight) = (bind(&settings.pg_listen).await?, bind(&settings.flight_listen).await?);
        Ok(Self { pg, flight, tls })
    }

    /// Opens the doors to a room until `stop` is cancelled.
    ///
    /// # Errors
    /// When certificate and key are no longer good.
    pub(crate) fn open(
        self,
        room: &Room,
        accounts: &Accounts,
        clock: &Arc<dyn Clock>,
        sql: &Sql,
        stop: &CancellationToken,
    ) -> anyhow::Result<Doors> {
        let with_tls = self.tls.is_some();
        let flight = match self.flight {
            None => None,
            Some(Listener { listener, address }) => {
                let door = callhouse_flight::Door {
                    room: room.clone(),
                    accounts: accounts.clone(),
                    clock: Arc::clone(clock),
                    tls: self.tls.as_ref().map(TlsFiles::config).transpose()?,
                    connections: sql.flight_connections,
                };
                let stop = stop.clone();
                let serving = async move { Ok(callhouse_flight::serve(listener, door, stop).await?) };
                Some(Door { address, serving: Some(tokio::spawn(serving)) })
            }
        };
        let pg = self.pg.map(|Listener { listener, address }| {
            let door = callhouse_pg::Door {
                room: room.clone(),
                accounts: accounts.clone(),
                tls: self.tls,
                connections: sql.pg_connections,
            };
            let stop = stop.clone();
            let serving = async move { Ok(callhouse_pg::serve(listener, door, stop).await?) };
            Door { address, serving: Some(tokio::spawn(serving)) }
        });
        Ok(Doors { pg, flight, tls: with_tls })
    }
}

async fn bind(address: &str) -> anyhow::Result<Option<Listener>> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = listen(address).await?;
    let address =
        listener.local_addr().with_context(|| format!("asking for the address of {address} failed"))?;
    Ok(Some(Listener { listener, address }))
}

impl Doors {
    /// The URLs of the doors, in the order in which they are told.
    pub(crate) fn urls(&self) -> impl Iterator<Item = String> {
        let pg = self.pg.as_ref().map(|door| format!("postgresql://{}", door.address));
        let scheme = if self.tls { "grpc+tls" } else { "grpc" };
        let flight = self.flight.as_ref().map(|door| format!("{scheme}://{}", door.address));
        pg.into_iter().chain(flight)
    }

    /// The address of the PostgreSQL wire.
    pub(crate) fn pg_address(&self) -> Option<SocketAddr> {
        self.pg.as_ref().map(|door| door.address)
    }

    /// The address of Arrow Flight SQL.
    pub(crate) fn flight_address(&self) -> Option<SocketAddr> {
        self.flight.as_ref().map(|door| door.address)
    }

    /// Returns when one of them has ended by itself, which only a failure makes it do.
    ///
    /// # Errors
    /// That failure.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            outcome = one_ended(&mut self.pg) => outcome,
            outcome = one_ended(&mut self.flight) => outcome,
        }
    }

    /// Waits until all have ended.
    ///
    /// # Errors
    /// What one of them failed with.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        for door in [&mut self.pg, &mut self.flight].into_iter().flatten() {
            outcome = outcome.and(ended(&mut door.serving).await);
        }
        outcome
    }
}

async fn one_ended(door: &mut Option<Door>) -> anyhow::Result<()> {
    match door {
        Some(door) => ended(&mut door.serving).await,
        None => std::future::pending().await,
    }
}
