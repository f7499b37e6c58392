//! Data files: where they lie, what a failure leaves, and that their statistics are true.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::DataType;
use callhouse_core::Timestamp;
use parquet::basic::Compression;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use proptest::prelude::*;

use super::statistics::{
    compare, decimal_from_text, decimal_to_text, timestamp_from_text, timestamp_to_text,
};
use super::*;

/// A batch of `rows` rows of a table: every nullable column null, others a default.
fn plain_batch(table: Table, rows: usize) -> RecordBatch {
    let schema = table.schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            if field.is_nullable() {
                arrow::array::new_null_array(field.data_type(), rows)
            } else {
                default_array(field.data_type(), rows)
            }
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

fn default_array(data_type: &DataType, rows: usize) -> ArrayRef {
    let text: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["0"; rows]));
    match data_type {
        DataType::Utf8 => text,
        DataType::Binary => Arc::new(arrow::array::BinaryArray::from(vec![b"0".as_slice(); rows])),
        DataType::Timestamp(..) => {
            let zeros: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![0; rows]));
            arrow::compute::cast(&zeros, data_type).unwrap()
        }
        _ => arrow::compute::cast(&text, data_type).unwrap(),
    }
}

fn folder() -> (tempfile::TempDir, DataFolder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = DataFolder::new(temporary.path());
    (temporary, folder)
}

#[test]
fn lak_1_a_file_lies_whole_under_its_partition_and_no_temporary_is_left() {
    let (_temporary, folder) = folder();
    let file = FileWriter::new(folder.clone())
        .write(Table::Calls, Some(682), &[plain_batch(Table::Calls, 3)])
        .unwrap();
    assert!(file.path.starts_with("year=2026/month=11/"), "{}", file.path);
    let path = folder.file_path(Table::Calls, &file.path);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(file.file_size_bytes, i64::try_from(bytes.len()).unwrap());
    assert_eq!(file.record_count, 3);
    let footer: [u8; 4] = bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap();
    assert_eq!(file.footer_size, i64::from(u32::from_le_bytes(footer)));
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn columns_whose_values_hardly_repeat_have_no_dictionary_and_others_have_one() {
    for table in Table::ALL {
        let (_temporary, folder) = folder();
        let month = table.month_column().map(|_| 682);
        let file = FileWriter::new(folder.clone()).write(table, month, &[plain_batch(table, 3)]).unwrap();
        let file = std::fs::File::open(folder.file_path(table, &file.path)).unwrap();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        let has_dictionary = |name: &str| {
            let columns = metadata.row_group(0).columns();
            let column = columns.iter().find(|column| column.column_path().string() == name);
            column.unwrap_or_else(|| panic!("{name}")).dictionary_page_offset().is_some()
        };
        for name in table.unrepeated_columns() {
            assert!(!has_dictionary(name), "{name} of {}", table.name());
        }
        let repeated = if table == Table::Rejections { "topic" } else { "account" };
        assert!(has_dictionary(repeated), "{repeated} of {}", table.name());
    }
}

#[test]
fn recent_rows_are_compressed_fast_and_the_archive_small() {
    let (_temporary, folder) = folder();
    let writer = FileWriter::new(folder.clone());
    for table in [Table::CallsRecent, Table::CallEvents] {
        let mut fresh = writer.begin_fresh(table).unwrap();
        fresh.push(&plain_batch(table, 20_000)).unwrap();
        let kept = writer.write(table, None, &[plain_batch(table, 20_000)]).unwrap();
        for file in [fresh.finish().unwrap(), kept] {
            let opened = std::fs::File::open(folder.file_path(table, &file.path)).unwrap();
            let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
            reader.try_parse(&opened).unwrap();
            let metadata = reader.finish().unwrap();
            let is_fast = metadata.row_group(0).column(0).compression() == Compression::SNAPPY;
            assert_eq!(is_fast, table == Table::CallsRecent, "{}", table.name());
            let pages = metadata.offset_index().unwrap()[0][0].page_locations().len();
            assert_eq!(pages == 1, table == Table::CallsRecent, "{} has {pages} pages", table.name());
        }
    }
}

#[test]
fn a_column_without_order_has_counts_and_no_extremes() {
    let (_temporary, folder) = folder();
    for table in Table::ALL {
        let schema = table.schema();
        for name in table.unordered_columns() {
            assert!(!schema.field_with_name(name).unwrap().is_nullable(), "its nulls would not be counted");
            let file = FileWriter::new(folder.clone()).write(table, None, &[plain_batch(table, 3)]).unwrap();
            let statistics = &file.columns[*name];
            assert_eq!((statistics.null_count, statistics.value_count), (0, 3), "{name}");
            assert_eq!((&statistics.min_value, &statistics.max_value), (&None, &None), "{name}");
        }
    }
}

#[test]
fn a_file_dropped_unfinished_leaves_nothing() {
    let (_temporary, folder) = folder();
    let mut file = FileWriter::new(folder.clone()).begin(Table::CallEvents, None).unwrap();
    file.push(&plain_batch(Table::CallEvents, 3)).unwrap();
    drop(file);
    assert_eq!(std::fs::read_dir(folder.table_path(Table::CallEvents)).unwrap().count(), 0);
}

#[test]
fn an_empty_file_and_a_wrong_partition_are_refused() {
    let (_temporary, folder) = folder();
    let writer = FileWriter::new(folder);
    assert!(matches!(writer.write(Table::CallEvents, None, &[]), Err(Error::Invalid { .. })));
    assert!(matches!(writer.begin(Table::CallEvents, Some(1)), Err(Error::Invalid { .. })));
}

#[test]
fn a_file_is_laid_out_for_choosing_rows_and_for_ducklake() {
    let (_temporary, folder) = folder();
    let file = FileWriter::new(folder.clone())
        .write(Table::Calls, Some(0), &[plain_batch(Table::Calls, 20_000)])
        .unwrap();
    let bytes = std::fs::read(folder.file_path(Table::Calls, &file.path)).unwrap();
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.try_parse(&bytes::Bytes::from(bytes)).unwrap();
    let metadata = reader.finish().unwrap();
    let group = metadata.row_group(0);
    let schema = Table::Calls.schema();
    for (index, field) in schema.fields().iter().enumerate() {
        let column = group.column(index);
        assert_eq!(usize::try_from(column.column_descr().self_type().get_basic_info().id()), Ok(index + 1));
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{field}");
        let bloom = Table::Calls.bloom_columns().contains(&field.name().as_str());
        assert_eq!(column.bloom_filter_offset().is_some(), bloom, "{field}");
    }
    let pages = &metadata.offset_index().unwrap()[0][0].page_locations();
    assert!(pages.len() >= 2, "20,000 rows in {} page", pages.len());
    let sorted: Vec<&str> = group
        .sorting_columns()
        .unwrap()
        .iter()
        .map(|column| schema.field(usize::try_from(column.column_idx).unwrap()).name().as_str())
        .collect();
    assert_eq!(sorted, Table::Calls.sort_columns());
}

#[test]
fn statistics_count_nulls_and_values_of_every_column() {
    let (_temporary, folder) = folder();
    let batch = plain_batch(Table::Calls, 5);
    let file = FileWriter::new(folder).write(Table::Calls, Some(0), &[batch.clone(), batch.clone()]).unwrap();
    assert_eq!(file.columns.len(), batch.num_columns());
    for field in Table::Calls.schema().fields() {
        let statistics = &file.columns[field.name()];
        let nulls = if field.is_nullable() { 10 } else { 0 };
        assert_eq!((statistics.null_count, statistics.value_count), (nulls, 10 - nulls), "{field}");
    }
}

#[test]
fn timestamps_read_as_ducklake_writes_them() {
    let at = Timestamp::parse_rfc3339("2026-11-20T21:22:54.715990Z").unwrap();
    assert_eq!(timestamp_to_text(at).unwrap(), "2026-11-20 21:22:54.71599+00");
    assert_eq!(timestamp_to_text(Timestamp(0)).unwrap(), "1970-01-01 00:00:00+00");
    assert_eq!(timestamp_to_text(Timestamp(i64::MAX)), None);
}

proptest! {
    #[test]
    fn timestamps_survive_their_text(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let text = timestamp_to_text(Timestamp(micros)).unwrap();
        prop_assert_eq!(timestamp_from_text(&text), Some(Timestamp(micros)), "{}", text);
    }

    #[test]
    fn decimals_survive_their_text_and_keep_their_order(left: i64, right: i64, scale in 0_i8..10) {
        let texts = [left, right].map(|units| decimal_to_text(i128::from(units), scale).unwrap());
        prop_assert_eq!(decimal_from_text(&texts[0], scale), Some(i128::from(left)), "{}", texts[0]);
        let decimal = DataType::Decimal128(38, scale);
        prop_assert_eq!(compare(&decimal, &texts[0], &texts[1]), Some(left.cmp(&right)));
    }
}
