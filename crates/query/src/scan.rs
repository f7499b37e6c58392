//! From the files and rows of a view to one physical plan: pruning, the account wall and the Parquet scan.

mod accounts;
mod files;
mod in_order;
mod lookup;
mod page_bounds;
mod prune;
mod reader;
mod rows;
mod statistics;
mod wall;

pub(crate) use accounts::AccountRows;
pub(crate) use files::{FileScan, Walled, file_rows, memory_plan};
pub(crate) use in_order::{InOrder, reads_in_order};
pub(crate) use lookup::{Candidates, candidates, conditions};
pub(crate) use prune::surviving;
pub(crate) use rows::RowsExec;
pub(crate) use statistics::{FileStatistics, SnapshotStatistics};
pub(crate) use wall::{ACCOUNT, Wall, WallExec, texts};
