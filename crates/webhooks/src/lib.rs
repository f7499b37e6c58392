//! Webhooks out: from the queue of the catalog to the endpoints of accounts, and every attempt into the log.
//!
//! Owns when a delivery is tried, how it is signed and sent, what counts as delivered, and the event that says how it
//! went. Leaves to `lake` the queue and who is subscribed, and to a [`Render`] what `data` says.
//!
//! ```text
//! queue ─► dispatcher: lanes side by side ─► render (first try) ─► sign, send ─► recorder ─► log, then queue
//!          claim under a lease               kept before it is sent              one batch for many attempts
//! ```
//!
//! At least once: an attempt is in the log before the queue knows how it ended, and a delivery that was claimed and never
//! recorded is due again when its lease is over. What a receiver gets twice has the same event id.

mod attempt;
mod attempt_event;
mod body;
mod client;
mod dispatcher;
mod lanes;
pub mod metrics;
mod options;
mod recorder;
mod render;
mod retries;
mod sending;
mod signature;

pub use attempt::Status;
pub use client::ClientError;
pub use dispatcher::Dispatcher;
pub use options::Options;
pub use render::{Render, RenderError, Rendered, Subject};
pub use retries::Retries;
