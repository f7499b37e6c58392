//! What the program says on stdout and stderr; the only place that writes there.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Writes one line to stdout.
///
/// # Errors
/// When stdout is gone.
pub(crate) fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", text.as_ref())?;
    stdout.flush()
}

/// Writes an error with its causes, once, on one line.
pub(crate) fn error(error: &anyhow::Error) {
    if is_broken_pipe(error) {
        return;
    }
    // Nobody is left to be told when stderr is gone too.
    drop(writeln!(io::stderr().lock(), "callhouse: {error:#}"));
}

/// Whoever read our output has read enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// A table with a header, columns aligned; the first `left` columns to the left, the others to the right.
///
/// # Errors
/// When stdout is gone.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], left: usize) -> io::Result<()> {
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([header[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = widths[column];
                if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            })
            .collect();
        line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// A progress bar on stderr, hidden when that is no terminal. `total` of `None` only counts.
#[must_use]
pub(crate) fn progress(total: Option<u64>, unit: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = match total {
        Some(_) => format!("{{wide_bar}} {{human_pos}} of {{human_len}} {unit}  {{per_sec}}  {{eta}} left"),
        None => format!("{{spinner}} {{human_pos}} {unit}  {{per_sec}}"),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
