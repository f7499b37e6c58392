//! Rows picked out of several batches, in any order, as one batch.
//!
//! Many columns of a flush say the same in every row, or nothing: the topic of a file, the group nobody stated. They
//! are told apart once and then repeated instead of picked.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;

/// The columns of batches that have one schema.
pub(crate) struct Columns<'a> {
    schema: SchemaRef,
    columns: Vec<Column<'a>>,
}

enum Column<'a> {
    Null(DataType),
    Same(&'a str),
    Various(Vec<&'a dyn Array>),
}

impl<'a> Columns<'a> {
    /// There must be at least one batch.
    pub(crate) fn of(batches: &[&'a RecordBatch]) -> Self {
        let schema = batches
            .first()
            .map_or_else(|| SchemaRef::new(arrow::datatypes::Schema::empty()), |first| first.schema());
        let columns = (0..schema.fields().len())
            .map(|index| Column::of(batches.iter().map(|batch| batch.column(index).as_ref()).collect()));
        Self { columns: columns.collect(), schema }
    }

    /// The rows, each given as batch and row in it.
    ///
    /// # Errors
    /// When there are too many bytes for one batch.
    pub(crate) fn gather(&self, rows: &[(usize, usize)]) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter().map(|column| column.gather(rows)).collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }
}

impl<'a> Column<'a> {
    fn of(arrays: Vec<&'a dyn Array>) -> Self {
        if let Some(first) = arrays.first()
            && arrays.iter().all(|array| array.null_count() == array.len())
        {
            return Self::Null(first.data_type().clone());
        }
        let texts: Option<Vec<&StringArray>> =
            arrays.iter().map(|array| array.as_string_opt::<i32>()).collect();
        match texts.as_deref().and_then(only_text) {
            Some(text) => Self::Same(text),
            None => Self::Various(arrays),
        }
    }

    fn gather(&self, rows: &[(usize, usize)]) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Null(data_type) => Ok(new_null_array(data_type, rows.len())),
            Self::Same(text) => Ok(Arc::new(StringArray::new_repeated(text, rows.len()))),
            Self::Various(arrays) => interleave(arrays, rows),
        }
    }
}

/// The text that all values are, none of them null.
fn only_text<'a>(arrays: &[&'a StringArray]) -> Option<&'a str> {
    let text = arrays.iter().find(|array| !array.is_empty())?.value(0);
    let is_only =
        |array: &&StringArray| array.null_count() == 0 && array.iter().all(|value| value == Some(text));
    arrays.iter().all(is_only).then_some(text)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, RecordBatch};
    use arrow::compute::interleave_record_batch;
    use arrow::datatypes::{Field, Schema};
    use proptest::prelude::*;

    use super::*;

    type Row = (Option<&'static str>, Option<i64>);

    fn batch(rows: &[Row]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("text", DataType::Utf8, true),
            Field::new("number", DataType::Int64, true),
        ]);
        let texts: StringArray = rows.iter().map(|row| row.0).collect();
        let numbers: Int64Array = rows.iter().map(|row| row.1).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(texts), Arc::new(numbers)]).unwrap()
    }

    fn rows(texts: &'static [Option<&'static str>]) -> impl Strategy<Value = Vec<Vec<Row>>> {
        let row =
            (prop::sample::select(texts), prop_oneof![3 => Just(None), 1 => any::<i64>().prop_map(Some)]);
        prop::collection::vec(prop::collection::vec(row, 0..5), 1..4)
    }

    proptest! {
        #[test]
        fn rows_are_those_arrow_picks(
            rows in prop_oneof![
                rows(&[Some("import/1")]), rows(&[None]), rows(&[Some("a"), None]), rows(&[Some("a"), Some("b")]),
            ],
            picks in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let batches: Vec<RecordBatch> = rows.iter().map(|rows| batch(rows)).collect();
            let batches: Vec<&RecordBatch> = batches.iter().collect();
            let places: Vec<(usize, usize)> = rows
                .iter()
                .enumerate()
                .flat_map(|(batch, rows)| (0..rows.len()).map(move |row| (batch, row)))
                .collect();
            let picks: Vec<(usize, usize)> =
                if places.is_empty() { Vec::new() } else { picks.iter().map(|pick| *pick.get(&places)).collect() };
            let gathered = Columns::of(&batches).gather(&picks).unwrap();
            prop_assert_eq!(gathered, interleave_record_batch(&batches, &picks).unwrap());
        }
    }
}
