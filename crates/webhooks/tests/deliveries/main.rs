//! Deliveries from the queue to a receiver over real sockets, with a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod house;
mod isolation;
mod receiver;
mod sending;
mod tries;
mod wall;
