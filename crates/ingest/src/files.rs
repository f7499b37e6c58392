//! From the chunks of a flush to its files: at most one per table, whatever the number of partitions, sorted as the
//! table says, complete and fsynced on return (LAK-1).

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use callhouse_lake::{FileWriter, NewFile, Table};
use futures::future::join_all;

use crate::chunk::Chunk;
use crate::error::Error;
use crate::gather;
use crate::order::order;
use crate::staging::Share;

/// Rows per batch handed to the file writer: few enough to be still in the cache when they are encoded.
const ROWS_PER_BATCH: usize = 8_192;

/// Writes the files of a flush, all at the same time.
pub(crate) async fn write(writer: &FileWriter, shares: &Arc<Vec<Share>>) -> Result<Vec<NewFile>, Error> {
    let has_rows = |table: &Table| chunks(shares).any(|chunk| chunk.of(*table).is_some());
    let written = Table::ALL.into_iter().filter(has_rows).map(|table| {
        let (writer, shares) = (writer.clone(), Arc::clone(shares));
        tokio::task::spawn_blocking(move || write_table(&writer, table, &shares))
    });
    let mut files = Vec::new();
    for written in join_all(written).await {
        files.extend(written.map_err(|source| Error::Worker { worker: "file writing", source })??);
    }
    Ok(files)
}

fn chunks(shares: &[Share]) -> impl Iterator<Item = &Chunk> {
    shares.iter().flat_map(|share| &share.chunks)
}

fn write_table(writer: &FileWriter, table: Table, shares: &[Share]) -> Result<Option<NewFile>, Error> {
    let rows = || chunks(shares).filter_map(|chunk| chunk.of(table));
    let batches: Vec<&RecordBatch> = rows().map(|rows| &rows.batch).collect();
    let superseded: Vec<&[bool]> = rows().map(|rows| rows.superseded.as_slice()).collect();
    let failed = |source| Error::WriteFiles { source };
    let arranged = |source| Error::Arrange { source };
    let order = sorted(table, &batches, &superseded).map_err(arranged)?;
    if order.is_empty() {
        return Ok(None);
    }
    let mut file = writer.begin_fresh(table).map_err(failed)?;
    let columns = gather::Columns::of(&batches);
    for rows in order.chunks(ROWS_PER_BATCH) {
        file.push(&columns.gather(rows).map_err(arranged)?).map_err(failed)?;
    }
    file.finish().map(Some).map_err(failed)
}

/// The rows of batches in the table's order, superseded rows left out. Equal keys keep the order of the batches.
fn sorted(
    table: Table,
    batches: &[&RecordBatch],
    superseded: &[&[bool]],
) -> Result<Vec<(usize, usize)>, ArrowError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let schema = first.schema();
    let columns =
        table.sort_columns().iter().map(|name| schema.index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let is_superseded =
        |batch: usize, row: usize| superseded.get(batch).is_some_and(|rows| rows.get(row) == Some(&true));
    order(batches, &columns, |batch, row| !is_superseded(batch, row))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

    use super::*;

    fn batch(call_ids: &[&str], first: i64) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("account", DataType::Utf8, true),
            Field::new("call_id", DataType::Utf8, false),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), false),
            Field::new("n", DataType::Int64, false),
        ]);
        let rows = i64::try_from(call_ids.len()).unwrap();
        let accounts = StringArray::from_iter(call_ids.iter().map(|id| (*id != "null").then_some("acme")));
        RecordBatch::try_new(
            Arc::new(schema),
            vec![
                Arc::new(accounts),
                Arc::new(StringArray::from_iter_values(call_ids)),
                Arc::new(TimestampMicrosecondArray::from_iter_values(first..first + rows)),
                Arc::new(Int64Array::from_iter_values(first..first + rows)),
            ],
        )
        .unwrap()
    }

    fn numbers(batches: &[&RecordBatch], superseded: &[&[bool]]) -> Vec<i64> {
        let order = sorted(Table::CallsRecent, batches, superseded).unwrap();
        let gathered = gather::Columns::of(batches).gather(&order).unwrap();
        gathered.column(3).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
    }

    #[test]
    fn rows_are_merged_in_the_order_of_the_table_nulls_last() {
        let (first, second) = (batch(&["null", "b", "d"], 0), batch(&["a", "b", "c"], 10));
        assert_eq!(numbers(&[&first, &second], &[]), [10, 1, 11, 12, 2, 0]);
    }

    #[test]
    fn superseded_rows_are_left_out() {
        let (first, second) = (batch(&["b", "d"], 0), batch(&["a", "b"], 10));
        assert_eq!(numbers(&[&first, &second], &[&[true, false], &[false, false]]), [10, 11, 1]);
        assert!(sorted(Table::CallsRecent, &[&first], &[&[true, true]]).unwrap().is_empty());
    }
}
