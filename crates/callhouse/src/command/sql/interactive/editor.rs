//! Lines of a terminal, and the file that keeps what was typed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rustyline::config::Config;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;

use super::completion::Completion;
use crate::{config, output};

/// Statements that are kept.
const KEPT: usize = 10_000;
const PROMPT: &str = "callhouse> ";
const GOES_ON: &str = "       ..> ";

pub(super) struct Editor {
    lines: rustyline::Editor<Completion, FileHistory>,
    /// Where statements are kept; `None` where there is no place.
    history: Option<PathBuf>,
}

/// What came of asking for a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Typed(String),
    /// Ctrl-C: what was typed so far is not meant.
    Dropped,
    End,
}

impl Editor {
    /// Opens the terminal and reads what was typed in earlier sessions. A history that cannot be read or written is
    /// said once and done without.
    pub(super) fn open() -> anyhow::Result<Self> {
        let config = Config::builder().max_history_size(KEPT)?.history_ignore_dups(true)?;
        // Not kept, as with a shell: what begins with a space.
        let config = config.history_ignore_space(true).build();
        let mut lines = rustyline::Editor::with_config(config).context("opening the terminal failed")?;
        lines.set_helper(Some(Completion::default()));
        let history = config::state_folder().and_then(|folder| match kept_in(&folder, &mut lines) {
            Ok(path) => Some(path),
            Err(error) => {
                output::error(&error.context("statements are not kept for the next session"));
                None
            }
        });
        Ok(Self { lines, history })
    }

    /// The next line; `going_on` when it continues a statement.
    pub(super) fn line(&mut self, going_on: bool) -> anyhow::Result<Line> {
        match self.lines.readline(if going_on { GOES_ON } else { PROMPT }) {
            Ok(line) => Ok(Line::Typed(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(error).context("reading the terminal failed"),
        }
    }

    /// Keeps a statement for this session and the next.
    pub(super) fn remember(&mut self, text: &str) {
        let added = self.lines.add_history_entry(text).unwrap_or(false);
        let Some(path) = self.history.as_ref().filter(|_| added) else { return };
        if let Err(error) = self.lines.append_history(path) {
            let error =
                anyhow::Error::new(error).context(format!("keeping history in {} failed", path.display()));
            output::error(&error);
            self.history = None;
        }
    }
}

/// Reads the history of a folder, which is made if need be.
fn kept_in(folder: &Path, lines: &mut rustyline::Editor<Completion, FileHistory>) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {} failed", folder.display()))?;
    let path = folder.join("sql_history");
    if path.try_exists().with_context(|| format!("looking for {} failed", path.display()))? {
        lines.load_history(&path).with_context(|| format!("reading {} failed", path.display()))?;
    }
    Ok(path)
}
