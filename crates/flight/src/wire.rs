//! Columns as the wire has them: types that every client of Arrow knows, told as SQL calls them.
//!
//! Most columns are the wire's own types already and go as they are; views and dictionaries, which not every client
//! reads, become plain.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::{IpcMessage, SchemaAsIpc};
use bytes::Bytes;
use callhouse_query::sql_type;

/// Keys of what a column's metadata says ("Arrow Flight SQL", SQL metadata of columns).
pub(crate) mod key {
    pub(crate) const CATALOG: &str = "ARROW:FLIGHT:SQL:CATALOG_NAME";
    pub(crate) const SCHEMA: &str = "ARROW:FLIGHT:SQL:SCHEMA_NAME";
    pub(crate) const TABLE: &str = "ARROW:FLIGHT:SQL:TABLE_NAME";
    pub(crate) const TYPE: &str = "ARROW:FLIGHT:SQL:TYPE_NAME";
    pub(crate) const PRECISION: &str = "ARROW:FLIGHT:SQL:PRECISION";
    pub(crate) const SCALE: &str = "ARROW:FLIGHT:SQL:SCALE";
    pub(crate) const REMARKS: &str = "ARROW:FLIGHT:SQL:REMARKS";
    pub(crate) const READ_ONLY: &str = "ARROW:FLIGHT:SQL:IS_READ_ONLY";
    pub(crate) const SEARCHABLE: &str = "ARROW:FLIGHT:SQL:IS_SEARCHABLE";
    pub(crate) const AUTO_INCREMENT: &str = "ARROW:FLIGHT:SQL:IS_AUTO_INCREMENT";
    pub(crate) const CASE_SENSITIVE: &str = "ARROW:FLIGHT:SQL:IS_CASE_SENSITIVE";
}

/// The columns of an answer as the wire has them.
pub(crate) fn schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let data_type = plain(field.data_type());
        let mut metadata = HashMap::from([(key::TYPE.to_owned(), sql_type(&data_type))]);
        if let DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) = &data_type {
            metadata.insert(key::PRECISION.to_owned(), precision.to_string());
            metadata.insert(key::SCALE.to_owned(), scale.to_string());
        }
        Field::new(field.name(), data_type, field.is_nullable()).with_metadata(metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The wire's type for a type.
pub(crate) fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => plain(value),
        DataType::RunEndEncoded(_, value) => plain(value.data_type()),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::List(item) | DataType::ListView(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) | DataType::LargeListView(item) => DataType::LargeList(plain_field(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(plain_field(item), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(plain_field(entries), *sorted),
        other => other.clone(),
    }
}

fn plain_field(field: &FieldRef) -> FieldRef {
    let data_type = plain(field.data_type());
    if data_type == *field.data_type() {
        return Arc::clone(field);
    }
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

/// A batch with the columns that were told; only those of other types are copied.
pub(crate) fn batch(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() {
            return Ok(Arc::clone(column));
        }
        cast(column, field.data_type())
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// A schema as bytes: an encapsulated IPC message.
pub(crate) fn schema_bytes(schema: &Schema) -> Result<Bytes, ArrowError> {
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &options).try_into()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, DictionaryArray, Int64Array, StringViewArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn views_and_dictionaries_become_plain_and_the_rest_is_not_copied() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None]));
        let words: DictionaryArray<Int32Type> = vec!["x", "x"].into_iter().collect();
        let made = RecordBatch::try_from_iter(vec![
            ("n", Arc::clone(&numbers)),
            ("v", views),
            ("w", Arc::new(words) as ArrayRef),
        ]);
        let made = made.unwrap();
        let told = schema(made.schema_ref());
        let sent = batch(&told, &made).unwrap();
        assert_eq!(sent.schema(), told);
        assert!(Arc::ptr_eq(sent.column(0), &numbers));
        assert_eq!(sent.column(1).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None]);
        assert_eq!(sent.column(2).as_string::<i32>().value(1), "x");
        assert_eq!(told.field(1).metadata()[key::TYPE], "text");
    }

    #[test]
    fn plain_goes_into_nested_types() {
        let of = |data_type| Arc::new(Field::new("item", data_type, true));
        let nested = DataType::List(of(DataType::Struct(vec![of(DataType::Utf8View)].into())));
        assert_eq!(plain(&nested), DataType::List(of(DataType::Struct(vec![of(DataType::Utf8)].into()))));
    }
}
