//! The lake: Parquet files and the DuckLake 1.0 catalog that says which of them are live.
//!
//! Owns the catalog database (files, snapshots, positions, accounts, keys), the Arrow form of every
//! table, the vectorised join, compaction and the hot rows through which `ingest` and `query` meet.
//! Keeps ING-1, ING-2, LAK-1, LAK-2, LAK-3. Does not read logs and does not plan queries.

pub mod accounts;
pub mod catalog;
pub mod clock;
pub mod compaction;
pub mod error;
pub mod family;
pub mod file;
pub mod folder;
pub mod gc;
pub mod hot;
pub mod jobs;
pub mod join;
pub mod kept;
pub mod key_index;
pub mod lookup;
pub mod overlay;
mod read;
pub mod rebuild;
pub mod rows;
mod sorted;
pub mod sums;
pub mod table;
#[cfg(test)]
mod testing;
mod touch;
pub mod verify;
pub mod webhooks;

pub use catalog::{Catalog, Commit, Committed, DataFile, Hole, Snapshot};
pub use compaction::{CompactionOptions, CompactionReport, Compactor, Pace, PaceNow, WholeCalls};
pub use error::{Disposition, Error};
pub use family::{Family, StoredRecord};
pub use file::{FileWriter, NewFile};
pub use folder::DataFolder;
pub use hot::{Flush, Flushed, HotChunk, HotRows, HotView};
pub use lookup::{Lookup, LookupSpec, Lookups};
pub use overlay::{Overlay, OverlayReader, OverlayRows, Skip};
pub use rebuild::{RebuildOptions, RebuildReport, Rebuilder};
pub use table::{Role, Table};
