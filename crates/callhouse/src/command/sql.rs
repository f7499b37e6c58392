//! `callhouse sql`: questions in SQL, to a data folder or to a running server; one, many from a file, or one after
//! the other on a terminal.
//!
//! Of a data folder it shows what is committed; what a running server still holds in memory (at most seconds) it does
//! not.

mod interactive;
mod remote;
mod source;
mod statements;
mod tables;

use std::io::IsTerminal;

use anyhow::Context;
use callhouse_lake::HotRows;
use callhouse_query::{Engine, EngineOptions, Scope};
use clap::Args;
use tokio::io::BufReader;

use super::answer::{Format, print};
use crate::config::{self, DataFlags, Flags, Settings};
use crate::secret::Secret;
use crate::spill::SpillFolder;
use crate::{lake, output};
use remote::Remote;
use source::Source;
use statements::Statements;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Answers as this account would see it; without it, over all accounts
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Asks a running server instead of the data folder, with `--key`
    #[arg(long, value_name = "http(s)://HOST[:PORT]", requires = "key", conflicts_with = "account")]
    url: Option<String>,
    /// API key for `--url`; the answers are over what its account sees
    #[arg(long, value_name = "KEY", env = "CALLHOUSE_SQL_KEY", hide_env_values = true)]
    key: Option<String>,
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Format::Table)]
    format: Format,
    /// Lists the tables, or the columns of one, and what they mean
    #[arg(long, value_name = "TABLE", num_args = 0..=1, default_missing_value = "", conflicts_with = "statement")]
    tables: Option<String>,
    /// One statement over the tables that `--tables` lists. Without it statements are asked for on a terminal; from
    /// anything else they are read, each up to a `;` at the end of a line, and answered until one fails
    #[arg(value_name = "SELECT …")]
    statement: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    if let Some(table) = &arguments.tables {
        let table = Some(table.as_str()).filter(|table| !table.is_empty());
        return Ok(output::line(tables::described(table)?.trim_end())?);
    }
    let source = match (&arguments.url, &arguments.key) {
        (Some(url), Some(key)) => Source::Server(Remote::new(url, Secret::new(key))?),
        _ => Source::Lake(open(data, arguments.account.as_deref()).await?),
    };
    let interactive = arguments.statement.is_none() && std::io::stdin().is_terminal();
    if interactive && std::io::stdout().is_terminal() {
        return interactive::run(source, arguments.format).await;
    }
    let answer = async |statement: &str| {
        let (schema, batches) = source.ask(statement).await?;
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

/// A data folder being asked.
pub(crate) struct Session {
    /// Over what is committed.
    pub(crate) engine: Engine,
    /// The rows that are to be seen: those of an account, or all.
    pub(crate) scope: Scope,
    /// Where the engine puts what does not fit into memory.
    _spill: SpillFolder,
}

pub(crate) async fn open(data: &DataFlags, account: Option<&str>) -> anyhow::Result<Session> {
    let settings = config::load(&Flags::new(data))?;
    let scope = match account {
        Some(name) => Scope::account(lake::account_id(name)?),
        None => Scope::All,
    };
    let catalog = lake::open_existing(&settings).await?;
    let spill = SpillFolder::of_session(&settings.data, &std::env::temp_dir())?;
    let options = EngineOptions {
        spill_folder: Some(spill.path().to_owned()),
        spill_limit_bytes: settings.sql.spill_limit_bytes,
        ..engine_options(&settings)
    };
    let engine = Engine::new(catalog, HotRows::default(), options)?;
    Ok(Session { engine, scope, _spill: spill })
}

/// The engine's options from the settings; no folder to spill to is among them.
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
