//! What an operator may set of the engine.

use std::path::PathBuf;

/// Limits of the engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Partitions a plan is split into; at most so many cores work on one question.
    pub target_partitions: usize,
    /// Rows per batch.
    pub batch_rows: usize,
    /// Memory all running questions may take together.
    pub memory_limit_bytes: usize,
    /// Where a question may put what does not fit into memory; without a folder it fails instead.
    pub spill_folder: Option<PathBuf>,
    /// Bytes all questions together may have there.
    pub spill_limit_bytes: u64,
    /// Memory for Parquet footers and indexes kept between questions.
    pub metadata_cache_bytes: usize,
    /// Memory for the keys of settled calls, by which late events find theirs; 8 bytes a call.
    pub key_index_bytes: usize,
    /// Memory for the sums of settled files kept between questions.
    pub sums_cache_bytes: usize,
    /// Memory for the directories of the lookup indexes of settled files; 0.03 bytes a record.
    pub lookup_cache_bytes: usize,
    /// Searches whose pages are pinned at the same time.
    pub pinned_searches: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            target_partitions: 2,
            batch_rows: 8_192,
            memory_limit_bytes: 1 << 30,
            spill_folder: None,
            spill_limit_bytes: 8 << 30,
            metadata_cache_bytes: 256 << 20,
            key_index_bytes: 256 << 20,
            sums_cache_bytes: 64 << 20,
            lookup_cache_bytes: 32 << 20,
            pinned_searches: 64,
        }
    }
}
