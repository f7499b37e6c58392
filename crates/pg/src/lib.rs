//! The PostgreSQL wire (protocol 3.0): psql, drivers and BI tools ask the engine room through it. The only crate that
//! names `pgwire`, and of that only its messages.
//!
//! Owns connections, SCRAM-SHA-256 with API keys, TLS, statements, portals and cursors, and the text and binary forms
//! of values. A user is an account, a password one of its API keys; a key of an administrator sees all accounts. Leaves
//! what a statement may do and see to the room of `query` (TEN-1), and who has a key to `lake` (SEC-1).

mod cancel;
mod command;
mod copy;
mod cursor;
mod encode;
mod error;
mod portal;
mod receive;
mod scram;
mod serve;
mod session;
mod settings;
mod startup;
mod tls;
mod types;
mod wire;

pub use error::Error;
pub use serve::{Door, serve};
pub use tls::TlsFiles;
