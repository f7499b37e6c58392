//! What tests of several crates share: a clock that stands still, waiting with a deadline, events of
//! whole calls, processes that are killed, and a real Kafka broker. Development only; nothing that ships
//! depends on it.

pub mod clock;
pub mod events;
pub mod kafka;
pub mod poll;
pub mod victim;

pub use clock::ManualClock;
pub use poll::{poll_for, poll_until};
