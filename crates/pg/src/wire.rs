//! Bytes in and out of one connection: whole messages within a size and a time.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
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

    /// Sends everything.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let sending = async {
            self.carrier.write_all(&self.output).await?;
            self.carrier.flush().await
        };
        let sent = timeout(self.patience, sending).await;
        self.output.clear();
        sent.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the client does not read"))?
    }
}
