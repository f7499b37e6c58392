//! A connection: counted, and closed when its client does not prove who it is in time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// TCP, or TLS over it.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Carrier for T {}

pub(crate) struct Connection {
    carrier: Box<dyn Carrier>,
    visitor: Visitor,
    deadline: Pin<Box<Sleep>>,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Option<OwnedSemaphorePermit>,
}

/// Who is at the other end: in every request of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    proved: Arc<AtomicBool>,
    /// There was no place for it.
    pub(crate) turned_away: bool,
}

impl Visitor {
    /// From here on the connection may last.
    pub(crate) fn prove(&self) {
        self.proved.store(true, Ordering::Relaxed);
    }
}

impl Connection {
    /// A connection that ends when `closed` is cancelled, and after `patience` when nobody has proved who they are by
    /// then. Without a place they are only told so.
    pub(crate) fn new(
        carrier: Box<dyn Carrier>,
        place: Option<OwnedSemaphorePermit>,
        patience: Duration,
        closed: &CancellationToken,
    ) -> Self {
        let visitor = Visitor { proved: Arc::default(), turned_away: place.is_none() };
        if !visitor.turned_away {
            metrics::counter!("callhouse_flight_connections_total").increment(1);
            metrics::gauge!("callhouse_flight_connections").increment(1);
        }
        Self {
            carrier,
            visitor,
            deadline: Box::pin(tokio::time::sleep(patience)),
            closed: Box::pin(closed.clone().cancelled_owned()),
            _place: place,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.visitor.turned_away {
            metrics::gauge!("callhouse_flight_connections").decrement(1);
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Visitor;

    fn connect_info(&self) -> Visitor {
        self.visitor.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "callhouse is stopping",
            )));
        }
        let waits = !self.visitor.proved.load(Ordering::Relaxed);
        if waits && self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nobody proved who they are")));
        }
        Pin::new(&mut self.carrier).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.carrier).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.carrier).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.carrier.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_proves_nothing_is_closed_and_who_proves_stays() {
        let closed = CancellationToken::new();
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut silent = Connection::new(Box::new(ours), None, PATIENCE, &closed);
        assert_eq!(silent.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut known = Connection::new(Box::new(ours), None, PATIENCE, &closed);
        known.connect_info().prove();
        assert!(tokio::time::timeout(PATIENCE * 5, known.read_u8()).await.is_err());
        closed.cancel();
        assert_eq!(known.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }
}
