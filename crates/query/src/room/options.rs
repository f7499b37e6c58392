//! What an operator may set of the room.

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Handle;

/// Limits of analysts' statements.
#[derive(Debug, Clone)]
pub struct RoomOptions {
    /// Work on one statement, planning included. Time in which the reader of an answer is awaited does not count.
    pub time_limit: Duration,
    /// How long an answer waits for its reader, or a cursor for the next fetch, before it is ended.
    pub idle_limit: Duration,
    /// Rows of one answer.
    pub max_rows: u64,
    /// Bytes of one answer, as Arrow holds them.
    pub max_bytes: u64,
    /// Memory one statement may take; what can be spilled goes to the spill folder beyond it.
    pub statement_memory_bytes: usize,
    /// Where statements put what does not fit into their memory; without a folder they fail instead.
    pub spill_folder: Option<PathBuf>,
    /// Bytes all statements together may have in the spill folder.
    pub spill_limit_bytes: u64,
    /// Statements running at once.
    pub running: usize,
    /// Statements of one caller running at once.
    pub running_of_caller: usize,
    /// Statements waiting for their turn; one more is told to come back.
    pub waiting: usize,
    /// How long a statement waits for its turn.
    pub patience: Duration,
    /// Where statements are worked on; `None` is where they are asked.
    pub runtime: Option<Handle>,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(60),
            idle_limit: Duration::from_secs(300),
            max_rows: 100_000_000,
            max_bytes: 16 << 30,
            statement_memory_bytes: 256 << 20,
            spill_folder: None,
            spill_limit_bytes: 8 << 30,
            running: 8,
            running_of_caller: 4,
            waiting: 32,
            patience: Duration::from_secs(10),
            runtime: None,
        }
    }
}
