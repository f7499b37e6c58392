//! Files read back as what was written, whatever was written and however it was cut into batches.

use std::fs;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::spec::Delimiter;

/// A row of all kinds of columns.
type Row = (Option<String>, Option<i64>, Option<i128>, Option<i64>, Option<String>);

const NAMES: [&str; 5] = ["text", "int", "amount", "at", "other"];

fn batch(rows: &[Row]) -> RecordBatch {
    let amounts: Decimal128Array = rows.iter().map(|row| row.2).collect();
    let instants: TimestampMicrosecondArray = rows.iter().map(|row| row.3).collect();
    let columns: [ArrayRef; 5] = [
        Arc::new(rows.iter().map(|row| row.0.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(amounts.with_precision_and_scale(18, 6).unwrap()),
        Arc::new(instants.with_timezone("UTC")),
        Arc::new(rows.iter().map(|row| row.4.as_deref()).collect::<StringArray>()),
    ];
    RecordBatch::try_from_iter_with_nullable(
        NAMES.into_iter().zip(columns).map(|(name, column)| (name, column, true)),
    )
    .unwrap()
}

fn shape(format: Format, csv: CsvOptions) -> Shape {
    Shape { format, columns: NAMES.map(str::to_owned).to_vec(), time_zone: Tz::Europe__Paris, csv }
}

fn written(shape: &Shape, gzip: bool, batches: &[RecordBatch]) -> (Vec<u8>, Written) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let output = Output::create(path.clone(), gzip, u64::MAX).unwrap();
    let mut encoder = encoder(shape, &batch(&[]).schema(), output).unwrap();
    for batch in batches {
        encoder.push(batch).unwrap();
    }
    let written = encoder.finish().unwrap();
    let bytes = fs::read(path).unwrap();
    assert_eq!(written.bytes, u64::try_from(bytes.len()).unwrap());
    (bytes, written)
}

/// A field and whether it was quoted.
type Field = (String, bool);

/// RFC 4180, strictly: the records of a text that ends each of them with CRLF.
fn parse(text: &str, delimiter: char) -> Vec<Vec<Field>> {
    let mut records = Vec::new();
    let mut record: Vec<Field> = Vec::new();
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        let mut field = String::new();
        let quoted = rest.next_if_eq(&'"').is_some();
        if quoted {
            loop {
                match rest.next().expect("a closing quote") {
                    '"' if rest.next_if_eq(&'"').is_some() => field.push('"'),
                    '"' => break,
                    letter => field.push(letter),
                }
            }
        }
        while let Some(letter) = rest.next_if(|letter| !quoted && *letter != delimiter && *letter != '\r') {
            assert!(letter != '"' && letter != '\n', "{letter:?} in a field without quotes");
            field.push(letter);
        }
        record.push((field, quoted));
        match rest.next() {
            Some(end) if end == delimiter => {}
            Some('\r') => {
                assert_eq!(rest.next(), Some('\n'));
                records.push(std::mem::take(&mut record));
            }
            other => panic!("{other:?} after a field"),
        }
    }
    assert!(record.is_empty(), "the last record has no end");
    records
}

/// A text as it was before its file was written.
fn text_of((field, quoted): &Field, neutralised: bool) -> Option<String> {
    if field.is_empty() && !quoted {
        return None;
    }
    let plain = if neutralised { field.strip_prefix('\'').unwrap_or(field) } else { field };
    Some(plain.to_owned())
}

fn texts() -> impl Strategy<Value = Option<String>> {
    let awkward = prop_oneof![
        Just(String::new()),
        r#"[=+@'\-\t\r\n" ,;a\u{ff1d}]{0,6}"#,
        "[ -~]{0,12}",
        any::<String>().prop_map(|text| text.chars().filter(|letter| *letter != '\0').collect()),
    ];
    proptest::option::weighted(0.9, awkward)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let instants = -2_000_000_000_000_000_i64..4_000_000_000_000_000;
    let amounts = -999_999_999_999_999_999_i128..=999_999_999_999_999_999;
    let row = (
        texts(),
        any::<Option<i64>>(),
        proptest::option::of(amounts),
        proptest::option::of(instants),
        texts(),
    );
    proptest::collection::vec(row, 0..30)
}

fn csv_options() -> impl Strategy<Value = CsvOptions> {
    let delimiter = prop_oneof![Just(Delimiter::Comma), Just(Delimiter::Semicolon), Just(Delimiter::Tab)];
    (delimiter, any::<bool>(), any::<bool>()).prop_map(|(delimiter, bom, neutralise_formulas)| CsvOptions {
        delimiter,
        bom,
        neutralise_formulas,
        ..CsvOptions::default()
    })
}

fn instant_of(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).expect("RFC 3339").timestamp_micros()
}

/// An amount in millionths from its text.
fn amount_of(text: &str) -> i128 {
    assert_eq!(text.rsplit('.').next().map(str::len), Some(6), "{text}");
    text.replace('.', "").parse().expect("digits")
}

proptest! {
    #[test]
    fn mon_1_csv_reads_back_as_what_was_written(rows in rows(), options in csv_options()) {
        let (bytes, _) = written(&shape(Format::Csv, options), false, &[batch(&rows)]);
        let text = String::from_utf8(bytes).expect("UTF-8");
        prop_assert_eq!(text.starts_with('\u{feff}'), options.bom);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let records = parse(text, char::from(options.delimiter.byte()));
        let header: Vec<&str> = records[0].iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(header, NAMES);
        let read: Vec<Row> = records[1..].iter().map(|record| {
            let plain = |index: usize| {
                let (field, quoted): &Field = &record[index];
                assert!(!quoted, "only texts are quoted");
                (!field.is_empty()).then_some(field.as_str())
            };
            (
                text_of(&record[0], options.neutralise_formulas),
                plain(1).map(|text| text.parse().expect("an integer")),
                plain(2).map(amount_of),
                plain(3).map(instant_of),
                text_of(&record[4], options.neutralise_formulas),
            )
        }).collect();
        prop_assert_eq!(&read, &rows);
        if options.neutralise_formulas {
            for field in records[1..].iter().flat_map(|record| [&record[0].0, &record[4].0]) {
                prop_assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", field);
            }
        }
    }

    #[test]
    fn a_csv_reader_of_others_reads_the_same_texts(rows in rows(), options in csv_options()) {
        let options = CsvOptions { bom: false, neutralise_formulas: false, ..options };
        let (bytes, _) = written(&shape(Format::Csv, options), false, &[batch(&rows)]);
        let mut reader = ::csv::ReaderBuilder::new().delimiter(options.delimiter.byte()).from_reader(bytes.as_slice());
        let read: Vec<(String, String)> = reader.records().map(|record| {
            let record = record.expect("a record");
            (record[0].to_owned(), record[4].to_owned())
        }).collect();
        let wanted = rows.iter().map(|row| (row.0.clone().unwrap_or_default(), row.4.clone().unwrap_or_default()));
        prop_assert_eq!(read, wanted.collect::<Vec<_>>());
    }

    #[test]
    fn ndjson_reads_back_as_what_was_written(rows in rows()) {
        let (bytes, _) = written(&shape(Format::Ndjson, CsvOptions::default()), false, &[batch(&rows)]);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let read: Vec<Row> = text.lines().map(|line| {
            let row: std::collections::HashMap<&str, Option<&serde_json::value::RawValue>> =
                serde_json::from_str(line).expect("an object");
            assert_eq!(row.len(), NAMES.len());
            let raw = |name: &str| row[name].map(serde_json::value::RawValue::get);
            let text = |name: &str| raw(name).map(|raw| serde_json::from_str::<String>(raw).expect("a text"));
            (
                text("text"),
                raw("int").map(|raw| raw.parse().expect("an integer")),
                raw("amount").map(amount_of),
                text("at").map(|text| instant_of(&text)),
                text("other"),
            )
        }).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn the_bytes_do_not_depend_on_how_rows_come(rows in rows(), cuts in proptest::collection::vec(0_usize..30, 0..4)) {
        let whole = batch(&rows);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows.len())).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<RecordBatch> = cuts.windows(2).map(|pair| whole.slice(pair[0], pair[1] - pair[0])).collect();
        for (format, gzip) in [(Format::Csv, false), (Format::Csv, true), (Format::Ndjson, true), (Format::Parquet, false)] {
            let shape = shape(format, CsvOptions::default());
            let (once, again) = (written(&shape, gzip, std::slice::from_ref(&whole)), written(&shape, gzip, &pieces));
            prop_assert_eq!(once, again, "{:?}", format);
        }
    }
}

#[test]
fn parquet_reads_back_as_what_was_written_with_amounts_and_instants_as_such() {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let rows: Vec<Row> = (0..20_000)
        .map(|number| {
            let text = (number % 3 > 0).then(|| format!("text {number}"));
            (text, Some(number), Some(i128::from(number) * 7), Some(number * 1_000_003), Some(String::new()))
        })
        .collect();
    let (bytes, _) = written(&shape(Format::Parquet, CsvOptions::default()), false, &[batch(&rows)]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    let read: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let read = arrow::compute::concat_batches(&read[0].schema(), &read).unwrap();
    assert_eq!(read.columns(), batch(&rows).columns());
}

/// Calls with 400 bytes each that hardly compress, cut into batches of so many rows.
fn long_rows(batch_rows: usize) -> Vec<RecordBatch> {
    let rows: Vec<Row> = (0..40_000_i64)
        .map(|number| {
            let words = (0..50_u64).map(|word| {
                let mixed = (number.cast_unsigned() * 64 + word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                format!("{:08x}", (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32)
            });
            (Some(words.collect()), Some(number), Some(7), Some(number), None)
        })
        .collect();
    rows.chunks(batch_rows).map(batch).collect()
}

#[test]
fn a_row_group_of_long_rows_is_cut_by_its_bytes_wherever_batches_end() {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    const BYTES: usize = 3 << 20;
    let cut = |batches: &[RecordBatch]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let output = Output::create(path.clone(), false, u64::MAX).unwrap();
        let columns = Columns::new(&batches[0].schema(), &NAMES.map(str::to_owned)).unwrap();
        let mut encoder = Box::new(parquet::Parquet::new(columns, output, BYTES).unwrap());
        batches.iter().for_each(|batch| encoder.push(batch).unwrap());
        encoder.finish().unwrap();
        bytes::Bytes::from(fs::read(path).unwrap())
    };
    let bytes = cut(&long_rows(40_000));
    assert!(bytes == cut(&long_rows(1_000)), "the bytes depend on how rows come");
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let groups = reader.metadata().row_groups().iter();
    let sizes: Vec<(i64, i64)> = groups.map(|group| (group.num_rows(), group.compressed_size())).collect();
    // A batch more than is allowed fits in.
    let most = i64::try_from(BYTES).unwrap() + 8_192 * 420;
    assert!(sizes.len() >= 3 && sizes.iter().all(|(_, bytes)| *bytes < most), "{sizes:?}");
    assert_eq!(sizes.iter().map(|(rows, _)| rows).sum::<i64>(), 40_000);
    // Nobody pays for short rows with many small row groups.
    let (short, _) = written(&shape(Format::Parquet, CsvOptions::default()), false, &short_rows());
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(short)).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 1);
}

fn short_rows() -> Vec<RecordBatch> {
    let row = |number: i64| (Some(format!("text {number}")), Some(number), None, Some(number), None);
    let rows: Vec<Row> = (0..100_000).map(row).collect();
    rows.chunks(10_000).map(batch).collect()
}

#[test]
fn gzip_is_that_of_the_plain_file_and_hash_and_size_are_of_what_is_delivered() {
    use std::io::Read;

    use sha2::{Digest, Sha256};

    let rows: Vec<Row> =
        (0..50_000).map(|number| (Some("a".to_owned()), Some(number), None, None, None)).collect();
    let shape = shape(Format::Csv, CsvOptions::default());
    let (plain, _) = written(&shape, false, &[batch(&rows)]);
    let (packed, told) = written(&shape, true, &[batch(&rows)]);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain && packed.len() < plain.len() / 2);
    assert_eq!(told.sha256, hex::encode(Sha256::digest(&packed)));
}

#[test]
fn a_file_that_would_be_too_large_is_an_error_in_every_format() {
    let rows: Vec<Row> = (0..200_000_i64)
        .map(|number| {
            (
                Some(format!("{}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()))),
                Some(number),
                None,
                None,
                None,
            )
        })
        .collect();
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::create(folder.path().join("file"), false, 300_000).unwrap();
        let mut encoder =
            encoder(&shape(format, CsvOptions::default()), &batch(&[]).schema(), output).unwrap();
        let pushed = encoder.push(&batch(&rows));
        let ended = pushed.and_then(|()| encoder.finish().map(drop));
        assert!(matches!(ended, Err(Error::TooLarge { limit: 300_000 })), "{format:?}: {ended:?}");
    }
}

#[test]
fn spreadsheets_get_what_they_understand() {
    let options = CsvOptions {
        delimiter: Delimiter::Semicolon,
        bom: true,
        neutralise_formulas: true,
        times: crate::spec::TimeStyle::Local,
    };
    let rows = [
        (
            Some("=1+1".to_owned()),
            Some(-1),
            Some(-1_500_000),
            Some(1_795_176_000_123_456),
            Some("a;b".to_owned()),
        ),
        (Some("+33612345678".to_owned()), None, None, None, Some("'x".to_owned())),
        (Some("-\"q\"".to_owned()), None, None, None, Some(String::new())),
    ];
    let (bytes, _) = written(&shape(Format::Csv, options), false, &[batch(&rows)]);
    let wanted = "\u{feff}text;int;amount;at;other\r\n\
        '=1+1;-1;-1.500000;2026-11-20 13:00:00.123456;\"a;b\"\r\n\
        '+33612345678;;;;''x\r\n\
        \"'-\"\"q\"\"\";;;;\"\"\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), wanted);
}
