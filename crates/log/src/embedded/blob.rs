//! How a group of messages is stored: a version byte, then each message as
//!
//! ```text
//! u32 number of headers, per header: u32 length, name, u32 length, value;  u32 length, payload
//! ```
//!
//! with all integers little-endian. A version once written stays readable for ever; `tests/fixtures` keeps one
//! of each. Payloads read back share the blob's memory.

use bytes::Bytes;
use callhouse_core::Timestamp;

use crate::message::LastHeaders;
use crate::{Append, Message};

const VERSION: u8 = 1;

/// Adds messages to one blob.
#[derive(Debug)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    pub(super) fn new() -> Self {
        Self(vec![VERSION])
    }

    /// Adds a message. `None`, with the blob unchanged, when a part of it is beyond 4 GiB.
    pub(super) fn push(&mut self, message: &Append) -> Option<()> {
        let length_before = self.0.len();
        let pushed = self.try_push(message);
        if pushed.is_none() {
            self.0.truncate(length_before);
        }
        pushed
    }

    fn try_push(&mut self, message: &Append) -> Option<()> {
        self.put_number(message.headers.len())?;
        for (name, value) in &message.headers {
            self.put_bytes(name.as_bytes())?;
            self.put_bytes(value)?;
        }
        self.put_bytes(&message.payload)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn put_number(&mut self, number: usize) -> Option<()> {
        self.0.extend(u32::try_from(number).ok()?.to_le_bytes());
        Some(())
    }

    fn put_bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.put_number(bytes.len())?;
        self.0.extend_from_slice(bytes);
        Some(())
    }
}

/// Reads a blob of `count` messages whose first has offset `base_offset`.
///
/// # Errors
/// What is wrong with the bytes, for a person.
pub(super) fn decode(
    blob: Vec<u8>,
    base_offset: i64,
    count: i64,
    received_at: Timestamp,
) -> Result<Vec<Message>, &'static str> {
    let mut rest = Rest(Bytes::from(blob));
    if rest.take(1)?.first() != Some(&VERSION) {
        return Err("its format is of a version this callhouse does not know");
    }
    let mut messages = Vec::new();
    let mut last_headers = LastHeaders::default();
    for offset in base_offset..base_offset + count {
        let number_of_headers = rest.number()?;
        let found = (0..number_of_headers).map(|_| Ok((rest.bytes()?, rest.bytes()?)));
        let found: Vec<(Bytes, Bytes)> = found.collect::<Result<_, &'static str>>()?;
        let texts = found.iter().map(|(name, value)| Ok((utf8(name)?, value.as_ref())));
        let headers = last_headers.share(&texts.collect::<Result<Vec<_>, &'static str>>()?);
        let payload = rest.bytes()?;
        messages.push(Message { offset, received_at, headers, payload });
    }
    if rest.0.is_empty() { Ok(messages) } else { Err("it holds more bytes than messages") }
}

/// The bytes not yet read.
struct Rest(Bytes);

impl Rest {
    fn take(&mut self, length: usize) -> Result<Bytes, &'static str> {
        if length <= self.0.len() { Ok(self.0.split_to(length)) } else { Err("it ends early") }
    }

    fn number(&mut self) -> Result<usize, &'static str> {
        let bytes = self.take(4)?;
        let number = bytes.as_ref().try_into().map(u32::from_le_bytes).map_err(|_| "it ends early")?;
        usize::try_from(number).map_err(|_| "a length is beyond this machine")
    }

    fn bytes(&mut self) -> Result<Bytes, &'static str> {
        let length = self.number()?;
        self.take(length)
    }
}

fn utf8(name: &Bytes) -> Result<&str, &'static str> {
    std::str::from_utf8(name).map_err(|_| "a header's name is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION_1: &[u8] = include_bytes!("../../tests/fixtures/blob-v1.bin");

    fn messages() -> Vec<Append> {
        let header = |name: &str, value: &[u8]| (name.into(), value.into());
        vec![
            Append {
                key: "acme/1".into(),
                headers: vec![header("content-type", b"application/cloudevents+json"), header("empty", b"")],
                payload: Bytes::from_static(b"{\"specversion\":\"1.0\"}"),
            },
            Append { key: "acme/2".into(), headers: Vec::new(), payload: Bytes::new() },
        ]
    }

    fn encode(messages: &[Append]) -> Vec<u8> {
        let mut encoder = Encoder::new();
        messages.iter().for_each(|message| encoder.push(message).expect("short"));
        encoder.finish()
    }

    fn assert_reads_back(blob: Vec<u8>) {
        let read = decode(blob, 7, 2, Timestamp(5)).expect("readable");
        assert_eq!(read.iter().map(|message| message.offset).collect::<Vec<_>>(), [7, 8]);
        for (message, appended) in read.iter().zip(messages()) {
            assert_eq!(*message.headers, *appended.headers);
            assert_eq!(message.payload, appended.payload);
            assert_eq!(message.received_at, Timestamp(5));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_reads_back(encode(&messages()));
    }

    #[test]
    fn version_1_is_read_and_written_as_it_was_released() {
        assert_reads_back(VERSION_1.to_vec());
        assert_eq!(encode(&messages()), VERSION_1);
    }

    #[test]
    fn no_cut_or_lengthened_blob_passes() {
        let whole = encode(&messages());
        for length in 0..whole.len() {
            assert!(decode(whole[..length].to_vec(), 0, 2, Timestamp(0)).is_err(), "cut to {length} bytes");
        }
        let longer = [whole.as_slice(), b"x"].concat();
        assert_eq!(decode(longer, 0, 2, Timestamp(0)), Err("it holds more bytes than messages"));
        assert!(decode([&[2], &whole[1..]].concat(), 0, 2, Timestamp(0)).is_err(), "another version");
    }
}
