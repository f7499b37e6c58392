//! Ingest against a real catalog and real files in a temporary folder; only the log is a double.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod announce;
mod crash;
mod fake_log;
mod ing_1;
mod ing_2;
mod ing_3;
mod logs;
mod operation;
mod property;
mod warehouse;
