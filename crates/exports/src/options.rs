//! What an operator may set of exports.

use std::time::Duration;

/// Limits and times of exports.
#[derive(Debug, Clone)]
pub struct Options {
    /// Exports this process runs at once, and at most so many run over all processes of the data folder; 0 for none.
    pub running: u32,
    pub running_of_account: u32,
    /// Exports of an account that wait or run; one more is refused.
    pub unfinished_of_account: u32,
    /// A file is kept so long.
    pub keep: Duration,
    /// A job that has ended is remembered so long, at least as long as its file.
    pub remember: Duration,
    /// A link that needs no credentials works so long.
    pub link: Duration,
    /// Bytes of one file.
    pub max_file_bytes: u64,
    /// Bytes of all files.
    pub max_bytes: u64,
    /// A job whose process died is taken up again after so long.
    pub lease: Duration,
    /// Between two looks whether there is something to do, when nobody says so.
    pub poll: Duration,
    /// Between two looks for files that nobody needs.
    pub sweep: Duration,
}

impl Default for Options {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            running: 2,
            running_of_account: 1,
            unfinished_of_account: 100,
            keep: 7 * DAY,
            remember: 30 * DAY,
            link: DAY,
            max_file_bytes: 64 << 30,
            max_bytes: 256 << 30,
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            sweep: Duration::from_secs(60),
        }
    }
}
