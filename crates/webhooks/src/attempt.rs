//! What came of one attempt.

use std::time::Duration;

use callhouse_core::Timestamp;
use callhouse_lake::webhooks::Claimed;

/// How an attempt ended. Only [`Status::Success`] is a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// A whole reply came in time, with HTTP status 200 to 299.
    Success,
    /// A reply with another status; redirects are not followed.
    HttpError,
    /// No whole reply in time.
    Timeout,
    /// The connection was refused or broke before a reply began.
    ConnectionError,
    /// The name of the endpoint has no address.
    DnsError,
    /// TLS could not be agreed on, or the certificate is not good.
    TlsError,
    /// The endpoint leads to an address that is not public.
    AddressForbidden,
    /// A reply began and broke off.
    ReplyIncomplete,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::HttpError,
        Self::Timeout,
        Self::ConnectionError,
        Self::DnsError,
        Self::TlsError,
        Self::AddressForbidden,
        Self::ReplyIncomplete,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::HttpError => "HTTP_ERROR",
            Self::Timeout => "TIMEOUT",
            Self::ConnectionError => "CONNECTION_ERROR",
            Self::DnsError => "DNS_ERROR",
            Self::TlsError => "TLS_ERROR",
            Self::AddressForbidden => "ADDRESS_FORBIDDEN",
            Self::ReplyIncomplete => "REPLY_INCOMPLETE",
        }
    }
}

/// A request as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: bytes::Bytes,
}

/// What the other side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: Status,
    pub(crate) http_code: Option<u16>,
    /// The beginning of the reply's body.
    pub(crate) excerpt: String,
    /// For a person: why it failed.
    pub(crate) detail: Option<String>,
}

/// An attempt that was made.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) claimed: Claimed,
    pub(crate) request: Request,
    pub(crate) reply: Reply,
    pub(crate) began_at: Timestamp,
    pub(crate) took: Duration,
}
