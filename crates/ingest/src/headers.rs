//! The headers by which the doors and the file reader tell ingest how to read a message: the format of a line, the
//! account of lines that name none, the bytes a line had before it was cut off, and the sender's account.

use callhouse_core::{AccountId, Rejection, RejectionReason};
pub use callhouse_log::file::{CUT_FROM_BYTES_HEADER, DEFAULT_ACCOUNT_HEADER, FORMAT_HEADER};
use callhouse_log::message::Header;

/// The account whose credentials sent the message. Without it the log itself is trusted.
pub const ACCOUNT_HEADER: &str = "callhouse-account";

/// What the names of all of them begin with.
const PREFIX: &[u8] = b"callhouse-";

/// What the headers of one message say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Instructions<'a> {
    pub(crate) format: Option<&'a str>,
    pub(crate) default_account: Option<AccountId>,
    pub(crate) principal: Option<AccountId>,
    pub(crate) cut_from_bytes: Option<&'a str>,
}

impl<'a> Instructions<'a> {
    /// Reads the headers; one that cannot be understood rejects the message, for guessing could let an event in
    /// that its sender may not write.
    pub(crate) fn read(headers: &'a [Header]) -> Result<Self, Rejection> {
        let mut instructions = Self::default();
        for (name, value) in headers {
            let ours = name.as_bytes().get(..PREFIX.len());
            if !ours.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX)) {
                continue;
            }
            if name.eq_ignore_ascii_case(FORMAT_HEADER) {
                instructions.format = Some(text(name, value)?);
            } else if name.eq_ignore_ascii_case(DEFAULT_ACCOUNT_HEADER) {
                instructions.default_account = Some(account(name, value)?);
            } else if name.eq_ignore_ascii_case(ACCOUNT_HEADER) {
                instructions.principal = Some(account(name, value)?);
            } else if name.eq_ignore_ascii_case(CUT_FROM_BYTES_HEADER) {
                instructions.cut_from_bytes = Some(text(name, value)?);
            }
        }
        Ok(instructions)
    }
}

fn text<'a>(name: &str, value: &'a [u8]) -> Result<&'a str, Rejection> {
    std::str::from_utf8(value)
        .map_err(|_| Rejection::new(RejectionReason::InvalidUtf8, format!("header {name} is not UTF-8")))
}

fn account(name: &str, value: &[u8]) -> Result<AccountId, Rejection> {
    let text = text(name, value)?;
    AccountId::new(text).map_err(|invalid| {
        Rejection::new(RejectionReason::InvalidValue, format!("header {name} is {text:?}: {invalid}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &[u8]) -> Header {
        (name.into(), value.into())
    }

    #[test]
    fn header_names_are_compared_without_regard_to_case() {
        let headers = [header("Callhouse-Account", b"acme"), header("ce_id", b"1"), header("x", b"")];
        let read = Instructions::read(&headers).unwrap();
        assert_eq!(read.principal.unwrap().as_str(), "acme");
        assert_eq!((read.format, read.default_account), (None, None));
    }

    #[test]
    fn a_header_that_names_no_account_rejects_the_message() {
        let rejection = Instructions::read(&[header(ACCOUNT_HEADER, b"a b")]).unwrap_err();
        assert_eq!(rejection.reason, RejectionReason::InvalidValue);
    }
}
