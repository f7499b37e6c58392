//! The words of callhouse: events, records, their join, and the values they are made of.
//!
//! This crate does no I/O, reads no clock and knows nothing of Arrow, Kafka or HTTP, so that
//! everything in it is a function of its arguments and can be tested as one.

pub mod connector;
pub mod crash;
pub mod event;
pub mod gsm;
pub mod ids;
pub mod money;
pub mod phone;
pub mod position;
pub mod record;
pub mod rejection;
pub mod time;
pub mod webhook;

pub use event::Event;
pub use ids::{AccountId, callid_of, sms_hash};
pub use money::Money;
pub use position::{KafkaPartition, Position};
pub use record::{CallRecord, Record, SmsRecord};
pub use rejection::{Rejection, RejectionReason};
pub use time::{Clock, Timestamp};
