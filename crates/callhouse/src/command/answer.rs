//! Answers of questions, printed.

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use callhouse_query::{Answer, encode};
use clap::ValueEnum;
use futures::StreamExt;

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
    /// Arrow IPC stream.
    Arrow,
    Parquet,
}

/// Prints an answer to standard output as its batches come.
pub(crate) async fn print(format: Format, schema: &SchemaRef, answer: Answer) -> anyhow::Result<()> {
    let format = match format {
        Format::Table => return print_table(schema, answer).await,
        Format::Csv => callhouse_query::Format::Csv,
        Format::Json => callhouse_query::Format::JsonRows,
        Format::Ndjson => callhouse_query::Format::Ndjson,
        Format::Arrow => callhouse_query::Format::Arrow,
        Format::Parquet => callhouse_query::Format::Parquet,
    };
    let binary = matches!(format, callhouse_query::Format::Arrow | callhouse_query::Format::Parquet);
    anyhow::ensure!(
        !(binary && io::stdout().is_terminal()),
        "{} is not for terminals: send it to a file with > FILE",
        format.name()
    );
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut chunks = pin!(encode(format, schema, answer));
    while let Some(chunk) = chunks.next().await {
        out.write_all(&chunk?)?;
    }
    Ok(out.flush()?)
}

async fn print_table(schema: &SchemaRef, mut answer: Answer) -> anyhow::Result<()> {
    let mut shown = vec![RecordBatch::new_empty(Arc::clone(schema))];
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        anyhow::ensure!(
            rows <= TABLE_ROWS,
            "more than {TABLE_ROWS} rows: use --format csv, json, ndjson, arrow or parquet, or LIMIT"
        );
        shown.push(batch);
    }
    let table = arrow::util::pretty::pretty_format_batches(&shown).context("aligning the answer failed")?;
    let mut out = io::stdout().lock();
    writeln!(out, "{table}\n{rows} row{}", if rows == 1 { "" } else { "s" })?;
    Ok(out.flush()?)
}
