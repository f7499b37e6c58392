//! Reading the lake: one DataFusion engine over one snapshot and the hot rows above it.
//!
//! Owns the table providers, the room in which analysts' statements run, the account wall (TEN-1), the named queries of `queries/`, call search with
//! stable paging and call histories by time zone. Keeps LAK-2, LAK-3, MON-1, TIM-1 and TEN-1. Writes
//! nothing, knows no HTTP and formats no amounts. The only crate that names `datafusion`.

mod asking;
mod by_id;
mod calendar;
mod documents;
mod engine;
mod error;
mod exporting;
mod formats;
mod functions;
mod history;
mod named;
mod pages;
mod params;
mod pg_catalog;
mod planning;
mod room;
mod row_search;
mod scan;
mod scope;
mod search;
mod session;
mod statement;
mod sums;
mod table_functions;
mod tables;
mod view;

pub use documents::{ColumnDocument, TableDocument, tables as documented_tables, tables_markdown};
pub use engine::{Answer, Engine, EngineOptions};
pub use error::{Error, Position};
pub use exporting::{ExportOptions, ExportQuestion, ExportRows, Exporter};
pub use formats::{Encoder, Format, columns_json, encode, sql_type};
pub use history::{Granularity, HistoryBucket};
pub use named::{Column, Header, Kind, NamedQuery, Parameter, named_queries, named_query};
pub use params::{Param, Params};
pub use room::{
    Bound, Caller, Described, Room, RoomOptions, Rows, first_statement, numbered, parenthesised, split,
};
pub use row_search::{RowOrder, RowPage, RowSearch};
pub use scope::Scope;
pub use search::{CallColumn, CallPage, CallSearch, Order, SortDirection};
pub use view::ReadView;
