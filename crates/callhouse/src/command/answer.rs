//! Answers of questions, printed.

mod table;

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use callhouse_query::{Answer, encode};
use clap::ValueEnum;
use console::Term;
use futures::StreamExt;

pub(crate) use table::{Expanded, Shape};

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
        Format::Table => {
            let (batches, rows, more) = first_rows(schema, answer).await?;
            anyhow::ensure!(
                !more,
                "more than {TABLE_ROWS} rows: use --format csv, json, ndjson, arrow or parquet, or LIMIT"
            );
            let shape = Shape { width: terminal_width(), expanded: Expanded::default() };
            return put_table(&table::lines(schema, &batches, shape)?, &counted(rows));
        }
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
    let mut out = io::BufWriter::new(io::stdout());
    let mut chunks = pin!(encode(format, schema, answer));
    while let Some(chunk) = chunks.next().await {
        out.write_all(&chunk?)?;
    }
    Ok(out.flush()?)
}

/// Prints an answer as a table; one of too many rows is shown as far as it goes, and said to go on.
pub(crate) async fn print_beginning(
    expanded: Expanded,
    schema: &SchemaRef,
    answer: Answer,
) -> anyhow::Result<()> {
    let (batches, rows, more) = first_rows(schema, answer).await?;
    let shape = Shape { width: terminal_width(), expanded };
    let below =
        if more { format!("the first {rows} rows; \\format csv or ndjson shows all") } else { counted(rows) };
    put_table(&table::lines(schema, &batches, shape)?, &below)
}

/// The batches of as many rows as are aligned, how many those are, and whether there are more.
async fn first_rows(
    schema: &SchemaRef,
    mut answer: Answer,
) -> anyhow::Result<(Vec<RecordBatch>, usize, bool)> {
    let mut batches = vec![RecordBatch::new_empty(Arc::clone(schema))];
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        let batch = batch?;
        let room = TABLE_ROWS - rows;
        if batch.num_rows() > room {
            batches.push(batch.slice(0, room));
            return Ok((batches, TABLE_ROWS, true));
        }
        rows += batch.num_rows();
        batches.push(batch);
    }
    Ok((batches, rows, false))
}

fn counted(rows: usize) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

fn put_table(table: &str, below: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{table}{below}")?;
    Ok(out.flush()?)
}

/// Characters of a line, where there is a terminal that has lines.
fn terminal_width() -> Option<usize> {
    let terminal = Term::stdout();
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
}
