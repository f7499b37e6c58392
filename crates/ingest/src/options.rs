//! What an operator may tune about ingest. Values come in from the binary's configuration; nothing here reads it.

use callhouse_log::OnHole;

/// Settings of [`crate::Ingest`]. Every bound holds per process, whatever the number of partitions.
#[derive(Debug, Clone)]
pub struct Options {
    /// A row waits at most so long for the commit that makes it durable in the lake. Default 2,000.
    pub flush_age_ms: u64,
    /// So many waiting rows (of all tables together) start a commit at once. Default 400,000.
    pub flush_rows: usize,
    /// So many waiting bytes of columns start a commit at once. Default 128 MiB.
    pub flush_bytes: usize,
    /// Messages are gathered at most so long before they become hot rows; the first after a pause goes at once.
    /// Default 50.
    pub chunk_interval_ms: u64,
    /// So many gathered messages become hot rows at once. Default 8,192.
    pub chunk_messages: usize,
    /// So many gathered payload bytes become hot rows at once. Default 4 MiB.
    pub chunk_bytes: usize,
    /// Reading waits while hot rows take this much memory, because commits are behind. Default 512 MiB.
    pub hot_max_bytes: usize,
    /// Reading waits while recent tables hold more live rows, because compaction is behind. Default 20,000,000.
    pub overlay_max_rows: i64,
    /// Records of a family whose joined state each partition remembers, so that most rows it appends are whole. Default 200,000.
    pub open_records: usize,
    /// Phone numbers each decoder remembers the country and type of. Default 200,000.
    pub phone_numbers: usize,
    /// A larger message is rejected; of its bytes the first [`Self::rejected_payload_bytes`] are kept. Default 4 MiB.
    pub max_message_bytes: usize,
    /// Bytes kept of a message rejected for its size. Default 64 KiB.
    pub rejected_payload_bytes: usize,
    /// What to do when retention has removed offsets that were never read. Default: stop that partition.
    pub on_hole: OnHole,
    /// Create the accounts that events of the log name and nobody created. Events that came through a door with
    /// credentials never create one. Default false.
    pub create_accounts: bool,
    /// Messages are decoded by so many threads at most. Default 2.
    pub decoders: usize,
    /// Attempts of one commit while its failures may pass by themselves. Default 10, which is about half a minute.
    pub commit_attempts: u32,
    /// A partition being taken away in a rebalance has so long to commit what was read; after it, its new owner reads
    /// it again. The end of a run waits for as long as the commit is being tried. Default 30,000.
    pub revoke_flush_ms: u64,
    /// Lag is asked of the log this often. Default 5,000.
    pub lag_interval_ms: u64,
    /// Events that are taken in later than so long after they happened are not announced by webhooks; 0 for none at all.
    /// Default 0: only a server announces, an import of old events must not.
    pub announce_within_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flush_age_ms: 2_000,
            flush_rows: 400_000,
            flush_bytes: 128 << 20,
            chunk_interval_ms: 50,
            chunk_messages: 8_192,
            chunk_bytes: 4 << 20,
            hot_max_bytes: 512 << 20,
            overlay_max_rows: 1_000_000,
            open_records: 200_000,
            phone_numbers: 200_000,
            max_message_bytes: 4 << 20,
            rejected_payload_bytes: 64 << 10,
            on_hole: OnHole::Stop,
            create_accounts: false,
            decoders: 2,
            commit_attempts: 10,
            revoke_flush_ms: 30_000,
            lag_interval_ms: 5_000,
            announce_within_ms: 0,
        }
    }
}
