//! Answers of questions, printed.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use clap::ValueEnum;
use futures::{Stream, StreamExt};

/// Rows a table may have; it is aligned in memory.
const TABLE_ROWS: usize = 10_000;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Csv,
    /// One array.
    Json,
    /// One object a line.
    Ndjson,
}

/// Prints an answer to standard output as its batches come.
pub(crate) async fn print<Error>(
    format: Format,
    schema: &SchemaRef,
    mut batches: impl Stream<Item = Result<RecordBatch, Error>> + Unpin,
) -> anyhow::Result<()>
where
    Error: std::error::Error + Send + Sync + 'static,
{
    let out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => print_table(out, schema, batches).await,
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(out);
            writer.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
            while let Some(batch) = batches.next().await {
                writer.write(&batch?)?;
            }
            Ok(writer.into_inner().flush()?)
        }
        Format::Json => {
            let mut writer = arrow::json::writer::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::JsonArray>(out);
            while let Some(batch) = batches.next().await {
                writer.write(&batch?)?;
            }
            writer.finish()?;
            let mut out = writer.into_inner();
            Ok(out.write_all(b"\n").and_then(|()| out.flush())?)
        }
        Format::Ndjson => {
            let mut writer = arrow::json::writer::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::LineDelimited>(out);
            while let Some(batch) = batches.next().await {
                writer.write(&batch?)?;
            }
            writer.finish()?;
            Ok(writer.into_inner().flush()?)
        }
    }
}

async fn print_table<Error>(
    mut out: impl Write,
    schema: &SchemaRef,
    mut batches: impl Stream<Item = Result<RecordBatch, Error>> + Unpin,
) -> anyhow::Result<()>
where
    Error: std::error::Error + Send + Sync + 'static,
{
    let mut shown = vec![RecordBatch::new_empty(Arc::clone(schema))];
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        anyhow::ensure!(
            rows <= TABLE_ROWS,
            "more than {TABLE_ROWS} rows: use --format csv, json or ndjson, or LIMIT"
        );
        shown.push(batch);
    }
    let table = arrow::util::pretty::pretty_format_batches(&shown).context("aligning the answer failed")?;
    writeln!(out, "{table}\n{rows} row{}", if rows == 1 { "" } else { "s" })?;
    Ok(out.flush()?)
}
