//! The engine over a real lake: a catalog, Parquet files and hot rows in a temporary folder.

mod clients;
mod events;
mod exporting;
mod folds;
mod hostile;
mod in_order;
mod lake;
mod lookups;
mod paging;
mod plans;
mod room;
mod slt;
mod sms_lookups;
mod stories;
mod summary;
mod sums;
mod tenancy;
