//! Rows of text messages: the columns of `sms` and `sms_recent`, records to rows and back.

mod columns;
mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub(crate) use columns::{ROWS, schema};
pub use decode::decode_sms;
pub use encode::encode_sms;
