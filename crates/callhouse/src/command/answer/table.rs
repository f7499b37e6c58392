//! Answers as tables for people: aligned, and no wider than the terminal.
//!
//! What is too wide is broken within its column; rows of more columns than fit are shown one line a column. Nothing is
//! cut off. Control characters of a value are shown by their number, so that no value can steer a terminal.

mod columns;
mod records;

use std::fmt::Write as _;

use anyhow::Context;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::ValueEnum;

/// When rows are shown one line a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Expanded {
    On,
    Off,
    /// When they do not fit otherwise.
    #[default]
    Auto,
}

/// The form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// Characters of a line; `None` where nobody counts them.
    pub(crate) width: Option<usize>,
    pub(crate) expanded: Expanded,
}

/// The texts of an answer.
struct Cells {
    names: Vec<String>,
    /// Whether a column is of numbers, which stand to the right.
    numbers: Vec<bool>,
    rows: Vec<Vec<String>>,
}

/// The lines of a table.
///
/// # Errors
/// When a value cannot be shown.
pub(crate) fn lines(schema: &Schema, batches: &[RecordBatch], shape: Shape) -> anyhow::Result<String> {
    let cells = Cells::of(schema, batches)?;
    let fitting =
        shape.width.map_or_else(|| Some(columns::natural(&cells)), |width| columns::fit(&cells, width));
    Ok(match (shape.expanded, fitting) {
        (Expanded::On, _) | (Expanded::Auto, None) => records::lines(&cells),
        (_, Some(widths)) => columns::lines(&cells, &widths),
        (Expanded::Off, None) => columns::lines(&cells, &columns::least(&cells)),
    })
}

impl Cells {
    fn of(schema: &Schema, batches: &[RecordBatch]) -> anyhow::Result<Self> {
        let options = FormatOptions::default();
        let mut rows = Vec::new();
        for batch in batches {
            let columns = batch.columns().iter();
            let columns = columns.map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
            let columns = columns.collect::<Result<Vec<_>, _>>().context("showing the answer failed")?;
            for row in 0..batch.num_rows() {
                let texts = columns.iter().map(|column| {
                    let mut text = String::new();
                    write!(text, "{}", column.value(row)).context("showing a value failed")?;
                    Ok(harmless(&text))
                });
                rows.push(texts.collect::<anyhow::Result<_>>()?);
            }
        }
        let names = schema.fields().iter().map(|field| harmless(field.name())).collect();
        let numbers = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        Ok(Self { names, numbers, rows })
    }
}

/// A text without control characters.
fn harmless(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            letter if letter.is_control() => shown.push_str(&format!("\\x{:02x}", u32::from(letter))),
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
