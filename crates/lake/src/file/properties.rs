//! The layout of our Parquet files, all of it in one place.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::table::{Role, Table};

/// Rows of a row group: the unit that bloom filters and parallel scans choose by, and that a writer holds in memory.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// Rows of a page: the unit that the page index chooses by.
const PAGE_ROWS: usize = 8 * 1024;
const ZSTD_LEVEL: i32 = 3;
/// Of files that will be merged.
const FRESH_ZSTD_LEVEL: i32 = 1;
/// Bytes kept of long text in statistics; beyond that an extreme is not exact and the catalog leaves it out.
const STATISTICS_BYTES: usize = 64;
/// False positives of a bloom filter. Filters are sized for a full row group and folded down to what they hold.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// How long a file is likely to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// Straight from ingest: compaction will read it once and write its rows again.
    Fresh,
    Kept,
}

/// How a table's files are written. Recent rows of records stay for minutes, are mostly read whole and have many
/// columns, each of which would cost a zstd context of a megabyte: they are compressed as fast as can be, in large pages.
pub(super) fn writer_properties(
    table: Table,
    stay: Stay,
    schema: &Schema,
) -> Result<WriterProperties, ParquetError> {
    let (compression, page_rows, statistics) = match (table.role(), stay) {
        (Role::Recent(_), _) => (Compression::SNAPPY, ROW_GROUP_ROWS, EnabledStatistics::Chunk),
        (Role::Archive | Role::Rejections, Stay::Fresh) => {
            let compression = Compression::ZSTD(ZstdLevel::try_new(FRESH_ZSTD_LEVEL)?);
            (compression, PAGE_ROWS, EnabledStatistics::Page)
        }
        (Role::Settled(_) | Role::Archive | Role::Rejections, _) => {
            let compression = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
            (compression, PAGE_ROWS, EnabledStatistics::Page)
        }
    };
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("callhouse {}", env!("CARGO_PKG_VERSION")))
        .set_compression(compression)
        .set_dictionary_enabled(true)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(page_rows)
        .set_statistics_enabled(statistics)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES))
        .set_sorting_columns(Some(sorting_columns(table, schema)));
    for field in schema.fields() {
        if let Some(encoding) = encoding(table, field) {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, encoding);
        }
    }
    for column in table.unordered_columns() {
        let column = ColumnPath::from(*column);
        properties = properties.set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    for column in table.bloom_columns() {
        let column = ColumnPath::from(*column);
        properties = properties
            .set_column_bloom_filter_enabled(column.clone(), true)
            .set_column_bloom_filter_fpp(column.clone(), BLOOM_FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column, ROW_GROUP_ROWS as u64);
    }
    Ok(properties.build())
}

/// How a column is written that has too many different values for a dictionary. Instants and ids lie close to their
/// neighbours in a sorted file; whole seconds are few enough.
fn encoding(table: Table, field: &Field) -> Option<Encoding> {
    match field.data_type() {
        DataType::Timestamp(..) => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Int64 if !field.name().ends_with("_seconds") => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Utf8 | DataType::Binary if table.unrepeated_columns().contains(&field.name().as_str()) => {
            Some(Encoding::DELTA_LENGTH_BYTE_ARRAY)
        }
        _ => None,
    }
}

fn sorting_columns(table: Table, schema: &Schema) -> Vec<SortingColumn> {
    table
        .sort_columns()
        .iter()
        .filter_map(|name| schema.index_of(name).ok().and_then(|index| i32::try_from(index).ok()))
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false })
        .collect()
}

/// The schema with Parquet field ids, which are the DuckLake column ids: 1-based positions.
pub(super) fn with_field_ids(schema: &Schema) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .zip(1_usize..)
        .map(|(field, id)| {
            let metadata = HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string())]);
            field.as_ref().clone().with_metadata(metadata)
        })
        .collect();
    Arc::new(Schema::new(fields))
}
