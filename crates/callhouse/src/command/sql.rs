//! `callhouse sql`: a question to the lake. It shows what is committed; what a running server still holds in
//! memory (at most seconds) it does not.

use std::io;

use anyhow::Context;
use callhouse_lake::HotRows;
use callhouse_query::{Engine, EngineOptions, Scope};
use clap::Args;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines};

use super::answer::{Format, print};
use crate::config::{self, DataFlags, Flags, Settings};
use crate::lake;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Answers as this account would see it; without it, over all accounts
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Format::Table)]
    format: Format,
    /// One statement over call_events, calls, rejections. Without it statements are read from standard input,
    /// each up to a `;` at the end of a line, and answered one after the other until one fails
    #[arg(value_name = "SELECT …")]
    statement: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let (engine, scope) = open(data, arguments.account.as_deref()).await?;
    let answer = async |statement: &str| {
        let (schema, batches) = engine.sql(&scope, statement).await?;
        print(arguments.format, &schema, batches).await
    };
    if let Some(statement) = &arguments.statement {
        return answer(statement).await;
    }
    let mut statements = Statements::new(BufReader::new(tokio::io::stdin()));
    while let Some(statement) = statements.next().await.context("reading standard input failed")? {
        answer(&statement).await?;
    }
    Ok(())
}

/// An engine over what is committed, and the rows that are to be seen: those of an account, or all.
pub(crate) async fn open(data: &DataFlags, account: Option<&str>) -> anyhow::Result<(Engine, Scope)> {
    let settings = config::load(&Flags::new(data))?;
    let scope = match account {
        Some(name) => Scope::account(lake::account_id(name)?),
        None => Scope::All,
    };
    let catalog = lake::open_existing(&settings).await?;
    Ok((Engine::new(catalog, HotRows::default(), engine_options(&settings))?, scope))
}

/// The statements of a text, each ended by a `;` at the end of a line or by the end of the text.
struct Statements<R> {
    lines: Lines<R>,
}

impl<R: AsyncBufRead + Unpin> Statements<R> {
    fn new(text: R) -> Self {
        Self { lines: text.lines() }
    }

    /// The next statement, its `;` left out; blank ones are passed over.
    async fn next(&mut self) -> io::Result<Option<String>> {
        let mut statement = String::new();
        while let Some(line) = self.lines.next_line().await? {
            statement.push_str(&line);
            statement.push('\n');
            if let Some(whole) = statement.trim_end().strip_suffix(';') {
                if !whole.trim().is_empty() {
                    return Ok(Some(whole.trim().to_owned()));
                }
                statement.clear();
            }
        }
        let rest = statement.trim();
        Ok((!rest.is_empty()).then(|| rest.to_owned()))
    }
}

/// The engine's options from the settings.
pub(crate) fn engine_options(settings: &Settings) -> EngineOptions {
    EngineOptions {
        target_partitions: settings.query.target_partitions,
        memory_limit_bytes: settings.query.memory_limit_bytes,
        metadata_cache_bytes: settings.query.metadata_cache_bytes,
        sums_cache_bytes: settings.query.sums_cache_bytes,
        lookup_cache_bytes: settings.query.lookup_cache_bytes,
        ..EngineOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn statements_end_at_a_semicolon_at_the_end_of_a_line_or_of_the_text() {
        let text = "SELECT ';',\n  1; \n;\n\nSELECT 2;\nSELECT\n3\n";
        let mut statements = Statements::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(statement) = statements.next().await.unwrap() {
            seen.push(statement);
        }
        assert_eq!(seen, ["SELECT ';',\n  1", "SELECT 2", "SELECT\n3"]);
    }
}
