//! Rows of calls: the columns of `calls` and `calls_recent`, records to rows and back.

mod columns;
mod decode;
mod encode;

pub(crate) use columns::{CallColumn, ROWS, schema};
#[cfg(test)]
pub(crate) use columns::{PARTIES, RELEASE};
pub use decode::decode_calls;
pub use encode::encode_calls;
