//! Arrow Flight SQL: ADBC, JDBC and everything that reads Arrow ask the engine room through it. The only crate that
//! names `arrow-flight` and `tonic`.
//!
//! Owns connections, credentials as gRPC carries them, tickets, prepared statements with their values, metadata, and
//! batches as the wire has them. A user is an account, a password one of its API keys; a key of an administrator sees
//! all accounts. Leaves what a statement may do, see and take to the room of `query` (TEN-1), and who has a key to
//! `lake` (SEC-1). Tickets and prepared statements belong to the account that asked for them, and a statement always
//! runs with the rows of the one who reads it: a stolen handle is worth nothing (TEN-1).

mod answer;
mod bearers;
mod connection;
mod credentials;
mod error;
mod metadata;
mod parameters;
mod serve;
mod service;
mod shelf;
mod statement;
mod wire;

pub use error::Error;
pub use serve::{Door, serve};
