//! Statements asked for on a terminal: lines with history and completion, statements of several lines up to a `;`,
//! commands that begin with a backslash as psql has them.
//!
//! Ctrl-C clears what is being typed, and ends a statement that runs; Ctrl-D ends the program. What runs, runs in a
//! task of its own, so that the terminal is heard meanwhile; of a server it is cancelled there, too.

mod command;
mod completion;
mod editor;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use arrow::datatypes::SchemaRef;
use callhouse_query::{Answer, Error, first_statement};
use futures::{FutureExt, StreamExt, stream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::source::Source;
use super::tables;
use crate::command::answer::{Expanded, Format, print, print_beginning};
use crate::output;
use command::Command;
use editor::{Editor, Line};

const GREETING: &str = "callhouse: statements end with ; and \\? tells what else there is";

/// What stays between statements.
struct Session {
    source: Arc<Source>,
    format: Format,
    expanded: Expanded,
    timing: bool,
    interrupts: Signal,
}

/// Asks and answers until the end of input or `\q`.
///
/// # Errors
/// When the terminal cannot be read.
pub(super) async fn run(source: Source, format: Format) -> anyhow::Result<()> {
    let interrupts = signal(SignalKind::interrupt()).context("listening for Ctrl-C failed")?;
    let source = Arc::new(source);
    let mut session = Session { source, format, expanded: Expanded::default(), timing: false, interrupts };
    let mut editor = Editor::open()?;
    output::line(GREETING)?;
    let mut text = String::new();
    loop {
        match tokio::task::block_in_place(|| editor.line(!text.trim().is_empty()))? {
            Line::End => return Ok(()),
            Line::Dropped => text.clear(),
            Line::Typed(line) if text.trim().is_empty() && line.trim_start().starts_with('\\') => {
                editor.remember(line.trim());
                text.clear();
                match Command::read(line.trim()) {
                    Ok(Command::Quit) => return Ok(()),
                    Ok(command) => session.obey(command).await,
                    Err(problem) => output::error(&problem),
                }
            }
            Line::Typed(line) => {
                text.push_str(&line);
                text.push('\n');
                let mut whole = Vec::new();
                while let Some((statement, rest)) = first_statement(&text) {
                    whole.push(statement.to_owned());
                    text = rest.to_owned();
                }
                if !whole.is_empty() {
                    editor.remember(&whole.iter().map(|one| format!("{one};")).collect::<Vec<_>>().join(" "));
                }
                for statement in whole.iter().filter(|statement| !statement.is_empty()) {
                    // As with psql, one that fails ends the line.
                    if !session.answer(statement).await {
                        break;
                    }
                }
            }
        }
    }
}

impl Session {
    /// Does what a command says, and says what is wrong with it.
    async fn obey(&mut self, command: Command) {
        let on = |switch: bool| if switch { "on" } else { "off" };
        let done = match command {
            Command::Quit => Ok(()),
            Command::Help => output::line(command::HELP.trim_end()).map_err(Into::into),
            Command::Describe { table, comments } => {
                tables::brief(table.as_deref(), comments).and_then(|text| Ok(output::line(text.trim_end())?))
            }
            Command::Timing(switch) => {
                self.timing = switch.unwrap_or(!self.timing);
                output::line(format!("Timing is {}.", on(self.timing))).map_err(Into::into)
            }
            Command::Format(format) => {
                self.format = format;
                Ok(())
            }
            Command::Expanded(expanded) => {
                self.expanded = expanded.unwrap_or(match self.expanded {
                    Expanded::On => Expanded::Off,
                    Expanded::Off | Expanded::Auto => Expanded::On,
                });
                let said = match self.expanded {
                    Expanded::On => "One line a column.",
                    Expanded::Off => "One line a row.",
                    Expanded::Auto => "One line a column where rows are too wide.",
                };
                output::line(said).map_err(Into::into)
            }
        };
        if let Err(error) = done {
            output::error(&error);
        }
    }

    /// Answers one statement; false when it failed or was ended.
    async fn answer(&mut self, statement: &str) -> bool {
        // A Ctrl-C that came after the last statement was done was not meant for this one.
        while self.interrupts.recv().now_or_never().is_some() {}
        let begun = Instant::now();
        let (format, expanded) = (self.format, self.expanded);
        let answering = async {
            let (schema, rows) = apart(&self.source, statement).await?;
            match format {
                Format::Table => print_beginning(expanded, &schema, rows).await,
                format => print(format, &schema, rows).await,
            }
        };
        let answered = tokio::select! {
            answered = answering => answered,
            _ = self.interrupts.recv() => Err(anyhow::anyhow!("cancelled")),
        };
        if let Err(error) = &answered {
            output::error(error);
        }
        if self.timing {
            let milliseconds = begun.elapsed().as_secs_f64() * 1_000.0;
            // A terminal that is gone is noticed by the next line that is read.
            drop(output::line(format!("Time: {milliseconds:.3} ms")));
        }
        answered.is_ok()
    }
}

/// The rows of a statement, made by a task that ends when they are dropped.
async fn apart(source: &Arc<Source>, statement: &str) -> anyhow::Result<(SchemaRef, Answer)> {
    let (tell, columns) = oneshot::channel();
    let (sender, made) = mpsc::channel(2);
    let (source, statement) = (Arc::clone(source), statement.to_owned());
    let mut task = JoinSet::new();
    task.spawn(async move {
        let (schema, mut rows) = match source.ask(&statement).await {
            Ok(answer) => answer,
            Err(error) => return drop(tell.send(Err(error))),
        };
        if tell.send(Ok(schema)).is_err() {
            return;
        }
        while let Some(batch) = rows.next().await {
            if sender.send(batch).await.is_err() {
                return;
            }
        }
    });
    let schema = columns.await.context("asking died")??;
    let rows =
        stream::unfold(
            (made, task),
            |(mut made, task)| async move { Some((made.recv().await?, (made, task))) },
        );
    Ok((schema, rows.boxed() as stream::BoxStream<'static, Result<_, Error>>))
}
