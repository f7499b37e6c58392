//! What the room counts of itself.

use metrics::{counter, gauge};

use crate::error::Error;

/// Memory the pools of running statements hold.
pub(super) const MEMORY: &str = "callhouse_sql_memory_bytes";
const RUNNING: &str = "callhouse_sql_running";
const WAITING: &str = "callhouse_sql_waiting";
const ENDED: &str = "callhouse_sql_statements_total";

/// One more of something until dropped.
#[derive(Debug)]
pub(super) struct Counted(&'static str);

impl Counted {
    pub(super) fn running() -> Self {
        Self::one(RUNNING)
    }

    pub(super) fn waiting() -> Self {
        Self::one(WAITING)
    }

    fn one(name: &'static str) -> Self {
        gauge!(name).increment(1.0);
        Self(name)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1.0);
    }
}

/// How a statement ended. One that is dropped before it says so was left by its reader.
#[derive(Debug)]
pub(super) struct Outcome {
    said: bool,
}

impl Outcome {
    pub(super) const fn awaited() -> Self {
        Self { said: false }
    }

    pub(super) fn answered(mut self) {
        self.say("answered");
    }

    pub(super) fn failed(mut self, error: &Error) {
        self.say(match error {
            Error::Busy { .. } => "busy",
            Error::TimeLimit { .. } => "time_limit",
            Error::TooLarge { .. } => "too_large",
            Error::Idle { .. } => "not_read",
            Error::OutOfMemory { .. } => "out_of_memory",
            error if error.is_callers_fault() => "refused",
            _ => "failed",
        });
    }

    fn say(&mut self, how: &'static str) {
        self.said = true;
        counter!(ENDED, "outcome" => how).increment(1);
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if !self.said {
            self.say("left");
        }
    }
}
