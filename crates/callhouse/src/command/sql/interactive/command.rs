//! Commands of a terminal: what begins with a backslash.

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::command::answer::{Expanded, Format};

/// What `\?` says.
pub(super) const HELP: &str = "\
\\d                    the tables
\\d NAME               the columns of a table
\\d+, \\d+ NAME         the same with what they mean
\\format FORM          table, csv, json, ndjson
\\x [on|off|auto]      one line a column; auto: where rows are too wide
\\timing [on|off]      says how long statements take
\\q                    ends the program, as Ctrl-D does
Ctrl-C                ends the statement that runs, or clears what is typed
Tab                   completes names of tables and columns
";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Quit,
    Help,
    /// All tables, or one.
    Describe {
        table: Option<String>,
        comments: bool,
    },
    /// `None` is the other way round.
    Timing(Option<bool>),
    Format(Format),
    /// `None` is the other way round.
    Expanded(Option<Expanded>),
}

impl Command {
    /// # Errors
    /// When there is no such command, or it is not given what it takes.
    pub(super) fn read(line: &str) -> anyhow::Result<Self> {
        let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
        let (name, arguments) = words.split_first().context("\\? tells what commands there are")?;
        let describe = |table: Option<&str>, comments| {
            // As psql has it, a name may have its schema before it and quotes around it.
            let table =
                table.map(|table| table.trim_start_matches("public.").trim_matches('"').to_lowercase());
            Self::Describe { table, comments }
        };
        Ok(match (*name, arguments) {
            ("\\q" | "\\quit" | "\\exit", []) => Self::Quit,
            ("\\?" | "\\h" | "\\help", _) => Self::Help,
            ("\\d" | "\\dt", []) => describe(None, false),
            ("\\d+" | "\\dt+", []) => describe(None, true),
            ("\\d", [table]) => describe(Some(table), false),
            ("\\d+", [table]) => describe(Some(table), true),
            ("\\timing", []) => Self::Timing(None),
            ("\\timing", [switch]) => Self::Timing(Some(on_or_off(switch)?)),
            ("\\x", []) => Self::Expanded(None),
            ("\\x", [form]) => Self::Expanded(Some(
                Expanded::from_str(form, true).map_err(|_| anyhow::anyhow!("\\x takes on, off or auto"))?,
            )),
            ("\\format", [form]) => match Format::from_str(form, true) {
                Ok(Format::Arrow | Format::Parquet) => {
                    bail!("{form} is not for terminals: callhouse sql --format {form} 'SELECT …' > FILE")
                }
                Ok(format) => Self::Format(format),
                Err(_) => bail!("\\format takes table, csv, json or ndjson"),
            },
            ("\\format", _) => bail!("\\format takes table, csv, json or ndjson"),
            ("\\d" | "\\d+" | "\\timing" | "\\x", _) => bail!("{name} takes one word at most"),
            _ => bail!("there is no command {name}; \\? tells which there are"),
        })
    }
}

fn on_or_off(word: &str) -> anyhow::Result<bool> {
    match word.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => bail!("on or off, not {word:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_psql_has_them() {
        let describe =
            |table: Option<&str>, comments| Command::Describe { table: table.map(str::to_owned), comments };
        for (line, wanted) in [
            ("\\q", Command::Quit),
            ("\\d", describe(None, false)),
            ("\\d+", describe(None, true)),
            ("\\d public.calls;", describe(Some("calls"), false)),
            ("\\d+ \"Calls\"", describe(Some("calls"), true)),
            ("\\timing", Command::Timing(None)),
            ("\\timing OFF", Command::Timing(Some(false))),
            ("\\x auto", Command::Expanded(Some(Expanded::Auto))),
            ("\\format CSV", Command::Format(Format::Csv)),
        ] {
            assert_eq!(Command::read(line).unwrap(), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_what_there_is() {
        for (line, told) in [
            ("\\z", "\\? tells"),
            ("\\format", "ndjson"),
            ("\\format parquet", "> FILE"),
            ("\\timing perhaps", "on or off"),
            ("\\d a b", "one word"),
            ("\\", "no command"),
        ] {
            let error = Command::read(line).unwrap_err().to_string();
            assert!(error.contains(told), "{line}: {error}");
        }
    }
}
