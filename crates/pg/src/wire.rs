//! Bytes in and out of one connection: whole messages within a size and a time.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use pgwire::messages::{DecodeContext, Message, PgWireFrontendMessage, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Bytes of one message of a client; a statement may have 1 MiB, its values more.
const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Bytes of a message before the client has proved who it is.
const MAX_STARTUP_BYTES: usize = 10_000;
/// Answers are sent when so much of them is ready.
const FLUSH_BYTES: usize = 64 << 10;
const READ_BYTES: usize = 8 << 10;

/// What can carry the protocol.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Carrier for T {}

/// A connection's buffers.
pub(crate) struct Wire {
    carrier: Box<dyn Carrier>,
    input: BytesMut,
    output: BytesMut,
    context: DecodeContext,
    /// How long a client may take to read what it is sent.
    patience: Duration,
    trusted: bool,
}

impl Wire {
    pub(crate) fn new(carrier: Box<dyn Carrier>, patience: Duration) -> Self {
        let context = DecodeContext::new(ProtocolVersion::PROTOCOL3_0);
        let (input, output) = (BytesMut::new(), BytesMut::new());
        Self { carrier, input, output, context, patience, trusted: false }
    }

    /// Gives the carrier back, to put TLS around it. Bytes already read would be lost, and are a reason to stop: what
    /// came before the handshake was not protected by it.
    pub(crate) fn into_carrier(self) -> io::Result<Box<dyn Carrier>> {
        if self.input.is_empty() {
            return Ok(self.carrier);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "bytes before the TLS handshake"))
    }

    pub(crate) fn context(&mut self) -> &mut DecodeContext {
        &mut self.context
    }

    /// Lets messages be as long as statements are.
    pub(crate) fn trust(&mut self) {
        self.trusted = true;
    }

    /// The next message; `None` when the client has gone.
    pub(crate) async fn receive(&mut self) -> io::Result<Option<PgWireFrontendMessage>> {
        loop {
            self.check_length()?;
            let decoded = PgWireFrontendMessage::decode(&mut self.input, &self.context);
            match decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))? {
                Some(message) => return Ok(Some(message)),
                None if self.read().await? == 0 => return Ok(None),
                None => {}
            }
        }
    }

    /// Refuses a message by the length it states, before it is gathered.
    fn check_length(&self) -> io::Result<()> {
        let typed = !self.context.awaiting_frontend_ssl && !self.context.awaiting_frontend_startup;
        let stated = self.input.get(usize::from(typed)..).and_then(|rest| rest.first_chunk::<4>());
        let Some(stated) = stated.map(|bytes| u32::from_be_bytes(*bytes)) else { return Ok(()) };
        let limit = if self.trusted { MAX_MESSAGE_BYTES } else { MAX_STARTUP_BYTES };
        if stated < 4 || usize::try_from(stated).unwrap_or(usize::MAX) > limit {
            let problem = format!("a message of {stated} bytes; {limit} are allowed");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(())
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.input.reserve(READ_BYTES);
        self.carrier.read_buf(&mut self.input).await
    }

    /// Returns when the client has gone, while something else is under way. What it sends meanwhile is kept, up to
    /// the length of a message.
    pub(crate) async fn gone(&mut self) {
        while self.input.len() < MAX_MESSAGE_BYTES {
            if !matches!(self.read().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Puts a message into what is sent next.
    pub(crate) fn put(&mut self, message: &impl Message) {
        let before = self.output.len();
        if let Err(error) = message.encode(&mut self.output) {
            // Only a message beyond the protocol's own length does that.
            tracing::error!(error = &error as &dyn std::error::Error, "a message could not be written");
            self.output.truncate(before);
        }
    }

    /// Where rows are written.
    pub(crate) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Sends when enough is ready.
    pub(crate) async fn flush_some(&mut self) -> io::Result<()> {
        if self.output.len() >= FLUSH_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Sends everything. What was sent is gone from the buffer at once, so that a statement can be cancelled in the
    /// middle of it and the next message goes on behind it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let sending = async {
            while self.output.has_remaining() {
                if self.carrier.write_buf(&mut self.output).await? == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
            }
            self.carrier.flush().await
        };
        let sent = timeout(self.patience, sending).await;
        sent.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the client does not read"))?
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use pgwire::messages::response::CommandComplete;

    use super::*;

    /// A cancelled statement leaves no message cut or doubled.
    #[tokio::test]
    async fn a_flush_that_is_dropped_goes_on_where_it_was() {
        let (near, mut far) = tokio::io::duplex(10);
        let mut wire = Wire::new(Box::new(near), Duration::from_secs(60));
        for _ in 0..3 {
            wire.put(&CommandComplete::new("SELECT 123456789".to_owned()));
        }
        let whole = wire.output.clone();
        assert!(wire.flush().now_or_never().is_none(), "more than the pipe holds");
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            far.read_to_end(&mut read).await.map(|_| read)
        });
        wire.flush().await.expect("sent");
        drop(wire);
        assert_eq!(reading.await.expect("it ends").expect("read"), whole);
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (near, _far) = tokio::io::duplex(10);
        let mut wire = Wire::new(Box::new(near), Duration::from_millis(20));
        wire.put(&CommandComplete::new("SELECT 123456789".to_owned()));
        let given_up = wire.flush().await.expect_err("nobody reads");
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_message_is_refused_by_the_length_it_states() {
        let (near, mut far) = tokio::io::duplex(100);
        let mut wire = Wire::new(Box::new(near), Duration::from_secs(60));
        far.write_all(b"\x7f\xff\xff\xff\0\x03\0\0").await.expect("sent");
        let refused = wire.receive().await.expect_err("2 GB");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
