//! Values of parameters: columns of a batch become the texts the room takes.
//!
//! One row is one run of the statement. Which type a value is read as is decided where it is compared (`room`); here it
//! only must not lose anything on its way (MON-1: decimals stay digits; an instant keeps its zone).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use callhouse_query::Bound;
use futures::{Stream, StreamExt, TryStreamExt};
use tonic::Status;

use crate::error;
use crate::wire;

/// Rows of values a statement may be given, each of which is a run of it.
const MAX_ROWS: usize = 1_000;
/// Bytes of all values of a statement.
const MAX_BYTES: usize = 4 << 20;

/// The values of one run.
pub(crate) type Row = Vec<Bound>;

/// What a statement's parameters are called and read as; where it does not tell, text.
pub(crate) fn schema(types: &[Option<DataType>]) -> Schema {
    let fields = types.iter().enumerate().map(|(index, data_type)| {
        let data_type = match data_type {
            None | Some(DataType::Null) => DataType::Utf8,
            // JDBC's driver has milliseconds and puts them in, whatever unit it was told.
            Some(DataType::Timestamp(_, zone)) => DataType::Timestamp(TimeUnit::Millisecond, zone.clone()),
            Some(DataType::Time64(_)) => DataType::Time32(TimeUnit::Millisecond),
            Some(known) => wire::plain(known),
        };
        Field::new(format!("${}", index + 1), data_type, true)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// Reads rows of values.
///
/// # Errors
/// INVALID_ARGUMENT when there are too many, too large ones, or some that are no values.
pub(crate) async fn read(
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
) -> Result<Vec<Row>, Status> {
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages.map_err(FlightError::from));
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => error::refused(format!("the values cannot be read: {other}")),
        })?;
        if rows.len() + batch.num_rows() > MAX_ROWS {
            return Err(error::refused(format!("more than {MAX_ROWS} rows of values for one statement")));
        }
        rows.extend(of_batch(&batch)?);
        bytes = rows.iter().map(|row| size(row)).sum();
        if bytes > MAX_BYTES {
            break;
        }
    }
    if bytes > MAX_BYTES {
        return Err(error::refused(format!("more than {MAX_BYTES} bytes of values for one statement")));
    }
    Ok(rows)
}

/// Bytes of the values of a run.
pub(crate) fn size(row: &[Bound]) -> usize {
    row.iter().map(|value| size_of::<Bound>() + value.text.as_ref().map_or(0, String::len)).sum()
}

fn of_batch(batch: &RecordBatch) -> Result<Vec<Row>, Status> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for (index, column) in batch.columns().iter().enumerate() {
        let values = of_column(column).map_err(|error| {
            error::refused(format!("the values of ${} cannot be taken: {error}", index + 1))
        })?;
        for (row, value) in rows.iter_mut().zip(values) {
            row.push(value);
        }
    }
    Ok(rows)
}

fn of_column(column: &ArrayRef) -> Result<Vec<Bound>, ArrowError> {
    let column = simple(column)?;
    let declared = declared(column.data_type());
    let options = FormatOptions::default().with_display_error(false);
    let formatter = ArrayFormatter::try_new(&column, &options)?;
    // Also those of a column of nothing but NULLs, which has no bits that would say so.
    let nulls = column.logical_nulls();
    let value = |row: usize| {
        let text = if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            None
        } else {
            Some(formatter.value(row).try_to_string()?)
        };
        Ok(Bound { text, declared: declared.clone() })
    };
    (0..column.len()).map(value).collect()
}

/// Columns whose values show as the texts that are read.
fn simple(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let to = match wire::plain(column.data_type()) {
        // Whatever the client's zone, it is the instant that counts (TIM-1).
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Date64 => DataType::Date32,
        // The text of bytes is these bytes.
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            return strictly(&strictly(column, &DataType::Binary)?, &DataType::Utf8);
        }
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => {
            let kind = column.data_type();
            return Err(ArrowError::NotYetImplemented(format!("{kind} is no type of a parameter")));
        }
        plain => plain,
    };
    if to == *column.data_type() { Ok(Arc::clone(column)) } else { strictly(column, &to) }
}

/// A value that does not fit is an error, not a NULL.
fn strictly(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(column, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// What the client says a value is, where that tells something: a text may be anything.
fn declared(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 => None,
        known => Some(known.clone()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray,
        StringArray, StringViewArray, TimestampMillisecondArray,
    };
    use arrow_flight::encode::FlightDataEncoderBuilder;
    use proptest::prelude::*;

    use super::*;

    fn texts(column: impl Array + 'static) -> Vec<Option<String>> {
        let column: ArrayRef = Arc::new(column);
        of_column(&column).unwrap().into_iter().map(|value| value.text).collect()
    }

    fn text(column: impl Array + 'static) -> String {
        texts(column).remove(0).unwrap()
    }

    #[test]
    fn values_of_every_type_become_the_texts_that_are_read() {
        assert_eq!(texts(StringArray::from(vec![Some("a'b"), None])), [Some("a'b".to_owned()), None]);
        assert_eq!(text(StringViewArray::from(vec!["view"])), "view");
        assert_eq!(text(BooleanArray::from(vec![true])), "true");
        assert_eq!(text(Date32Array::from(vec![31])), "1970-02-01");
        let money = Decimal128Array::from(vec![-12_345_678_901_234_567_890]);
        assert_eq!(text(money.with_precision_and_scale(38, 6).unwrap()), "-12345678901234.567890");
        let at = TimestampMillisecondArray::from(vec![1_500]);
        assert_eq!(text(at.clone()), "1970-01-01T00:00:01.500");
        assert_eq!(text(at.with_timezone("+02:00")), "1970-01-01T00:00:01.500Z");
        assert_eq!(text(BinaryArray::from(vec![b"bytes".as_slice()])), "bytes");
        assert_eq!(texts(NullArray::new(1)), [None]);
        let broken: ArrayRef = Arc::new(BinaryArray::from(vec![b"\xff".as_slice()]));
        assert!(of_column(&broken).is_err());
    }

    #[test]
    fn texts_leave_the_type_to_the_statement() {
        let of = |column: ArrayRef| of_column(&column).unwrap().remove(0).declared;
        assert_eq!(of(Arc::new(StringArray::from(vec!["1"]))), None);
        assert_eq!(of(Arc::new(Int64Array::from(vec![1]))), Some(DataType::Int64));
        let instant = |unit| DataType::Timestamp(unit, Some("UTC".into()));
        let types = [
            None,
            Some(DataType::Null),
            Some(DataType::Utf8View),
            Some(DataType::Int16),
            Some(instant(TimeUnit::Microsecond)),
        ];
        let told = schema(&types);
        let told: Vec<_> = told.fields().iter().map(|field| field.data_type().clone()).collect();
        let text = DataType::Utf8;
        let wanted = [text.clone(), text.clone(), text, DataType::Int16, instant(TimeUnit::Millisecond)];
        assert_eq!(told, wanted);
    }

    #[tokio::test]
    async fn rows_are_runs_and_bounded() {
        let sent = |rows: usize, length: usize| {
            let column: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(length); rows]));
            let batch = RecordBatch::try_from_iter(vec![("1", column)]).unwrap();
            let batches = futures::stream::iter(vec![Ok(batch.clone()), Ok(batch)]);
            read(FlightDataEncoderBuilder::new().build(batches).map_err(Status::from))
        };
        assert_eq!(sent(2, 1).await.unwrap().len(), 4);
        assert!(sent(MAX_ROWS / 2 + 1, 1).await.unwrap_err().message().contains("rows of values"));
        assert!(sent(3, MAX_BYTES / 4).await.unwrap_err().message().contains("bytes of values"));
        let nonsense =
            FlightData { data_header: bytes::Bytes::from_static(b"no flatbuffer"), ..FlightData::default() };
        let read = read(futures::stream::iter(vec![Ok(nonsense)])).await;
        assert!(read.unwrap_err().message().contains("cannot be read"));
    }

    proptest! {
        /// A float and a whole number are read back as they were.
        #[test]
        fn numbers_come_back(float in any::<f64>().prop_filter("a number", |float| float.is_finite()), whole: i64) {
            prop_assert_eq!(text(Float64Array::from(vec![float])).parse::<f64>().unwrap().to_bits(), float.to_bits());
            prop_assert_eq!(text(Int64Array::from(vec![whole])).parse::<i64>().unwrap(), whole);
        }
    }
}
