use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use arrow::ipc::reader::StreamReader;
use futures::stream;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

fn batch(from: i64, rows: i64) -> RecordBatch {
    let numbers: Vec<i64> = (from..from + rows).collect();
    let names = numbers.iter().map(|number| (number % 2 == 0).then(|| format!("a \"{number}\",\nb")));
    let amounts = numbers.iter().map(|number| Some(i128::from(*number) * 1_000_001));
    let amounts = amounts.collect::<Decimal128Array>().with_precision_and_scale(18, 6).expect("a decimal");
    let instants =
        numbers.iter().map(|number| Some(number * 1_500_000)).collect::<TimestampMicrosecondArray>();
    let columns: [(&str, ArrayRef); 4] = [
        ("number", Arc::new(Int64Array::from(numbers.clone()))),
        ("name \"quoted\"", Arc::new(names.collect::<StringArray>())),
        ("amount", Arc::new(amounts)),
        ("at", Arc::new(instants.with_timezone("UTC"))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .expect("a batch")
}

async fn encoded(format: Format, batches: Vec<RecordBatch>) -> Vec<u8> {
    let schema = batch(0, 0).schema();
    let answer = stream::iter(batches.into_iter().map(Ok)).boxed();
    let chunks: Vec<Vec<u8>> = encode(format, &schema, answer).try_collect().await.expect("bytes");
    assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
    chunks.concat()
}

#[tokio::test]
async fn every_format_reads_back_as_what_was_written_also_without_rows() {
    for batches in [vec![batch(0, 3), batch(3, 2)], Vec::new()] {
        let all = concat_batches(&batch(0, 0).schema(), &batches).expect("one batch");
        let bytes = encoded(Format::Arrow, batches.clone()).await;
        let read: Vec<RecordBatch> = StreamReader::try_new(Cursor::new(bytes), None)
            .expect("a stream")
            .map(|read| read.expect("a batch"))
            .collect();
        assert_eq!(concat_batches(&all.schema(), &read).expect("one batch"), all);

        let bytes = encoded(Format::Parquet, batches.clone()).await;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).expect("a file");
        let read: Vec<RecordBatch> =
            reader.build().expect("a reader").map(|read| read.expect("a batch")).collect();
        let read = concat_batches(&all.schema(), &read).expect("one batch");
        assert_eq!(read.columns(), all.columns());

        let json = encoded(Format::Json, batches.clone()).await;
        let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(
            json["columns"][1],
            serde_json::json!({ "name": "name \"quoted\"", "type": "text", "nullable": true })
        );
        assert_eq!(json["columns"][2]["type"], "numeric(18,6)");
        assert_eq!(json["columns"][3]["type"], "timestamptz");
        assert_eq!(json["rows"].as_array().expect("rows").len(), all.num_rows());
        let rows = encoded(Format::JsonRows, batches.clone()).await;
        let rows: serde_json::Value = serde_json::from_slice(&rows).expect("JSON");
        assert_eq!(json["rows"], rows);
    }
}

#[tokio::test]
async fn texts_say_amounts_to_the_last_digit_and_instants_in_utc() {
    let csv = String::from_utf8(encoded(Format::Csv, vec![batch(3, 2)]).await).expect("UTF-8");
    let wanted = "number,\"name \"\"quoted\"\"\",amount,at\n3,,3.000003,1970-01-01T00:00:04.500Z\n\
                  4,\"a \"\"4\"\",\nb\",4.000004,1970-01-01T00:00:06Z\n";
    assert_eq!(csv, wanted);
    assert_eq!(encoded(Format::Csv, Vec::new()).await, b"number,\"name \"\"quoted\"\"\",amount,at\n");
    let ndjson = String::from_utf8(encoded(Format::Ndjson, vec![batch(3, 1)]).await).expect("UTF-8");
    let wanted = "{\"number\":3,\"name \\\"quoted\\\"\":null,\"amount\":3.000003,\"at\":\"1970-01-01T00:00:04.500Z\"}\n";
    assert_eq!(ndjson, wanted);
}

#[tokio::test]
async fn bytes_come_as_batches_do_and_an_error_ends_them() {
    let schema = batch(0, 0).schema();
    let failed = Err(Error::Invalid { what: "over".to_owned() });
    let answer = stream::iter([Ok(batch(0, 1)), failed, Ok(batch(1, 1))]).boxed();
    let chunks: Vec<Result<Vec<u8>, Error>> = encode(Format::Ndjson, &schema, answer).collect().await;
    assert!(matches!(chunks.as_slice(), [Ok(_), Err(Error::Invalid { .. })]), "{chunks:?}");
}

#[test]
fn an_unknown_format_is_refused_with_those_there_are() {
    let error = "xlsx".parse::<Format>().expect_err("unknown").to_string();
    assert_eq!(error, "there is no format \"xlsx\"; there are json, ndjson, csv, arrow, parquet");
}

#[test]
fn an_answer_that_breaks_says_so_in_json_only() {
    let schema = batch(0, 0).schema();
    for format in Format::NAMED {
        let mut encoder = Encoder::new(format, &schema).expect("an encoder");
        let mut bytes = encoder.push(&batch(0, 1)).expect("bytes");
        let end = encoder.fail(b"{\"detail\":\"over\"}");
        assert_eq!(end.is_some(), format == Format::Json, "{format:?}");
        if let Some(end) = end {
            bytes.extend(end);
            let json: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            assert_eq!(
                (json["rows"].as_array().map(Vec::len), &json["error"]["detail"]),
                (Some(1), &"over".into())
            );
        }
    }
}

#[test]
fn an_accept_header_names_a_format() {
    assert_eq!(Format::of_accept("text/html, text/csv;q=0.9"), Some(Format::Csv));
    assert_eq!(Format::of_accept("application/vnd.apache.arrow.stream"), Some(Format::Arrow));
    assert_eq!(Format::of_accept("*/*"), None);
}
