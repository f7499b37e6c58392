//! A message of the set, before it goes anywhere.

/// Bytes to be delivered, with what the control totals need to know of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// When it would reach the log, in milliseconds since the Unix epoch.
    pub(crate) deliver_at_ms: i64,
    /// `account/subject`: the Kafka key.
    pub(crate) key: Box<str>,
    pub(crate) payload: Vec<u8>,
    pub(crate) kind: Kind,
}

/// What a message is to the control totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event told for the first time.
    Event,
    /// The same bytes once more.
    Duplicate,
    /// No event: it must end among the rejections.
    Malformed,
}
