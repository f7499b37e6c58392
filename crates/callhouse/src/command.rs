//! The commands, one file each. A command reads its settings, does its work and says what came of it.

mod account;
mod answer;
mod api_key;
mod compact;
mod demo;
mod generate;
mod import;
mod ingest;
mod query;
mod rebuild;
mod serve;
mod sql;
mod status;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::DataFlags;

pub(crate) use sql::engine_options;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs everything in one process: HTTP API, log, ingest, upkeep
    Serve(serve::Arguments),
    /// Only takes Kafka topics in; several processes may share one lake
    Ingest(ingest::Arguments),
    /// Runs a server with made-up calls, past and live, and prints things to try
    Demo(demo::Arguments),
    /// Creates, lists and disables accounts
    Account(account::Arguments),
    /// Creates, lists and deletes API keys
    ApiKey(api_key::Arguments),
    /// Takes files in; the same file twice changes nothing
    Import(import::Arguments),
    /// Makes a set of calls with everything that goes wrong on the way, and its control totals
    Generate(generate::Arguments),
    /// Asks the lake a question in SQL
    Sql(sql::Arguments),
    /// Asks the lake one of the questions of `queries/`, or lists them
    Query(query::Arguments),
    /// Joins recent rows into settled files now, instead of when the upkeep of a server gets there
    Compact(compact::Arguments),
    /// Builds the calls anew from the archived events, compares, and swaps them in
    Rebuild(rebuild::Arguments),
    /// Checks files against the catalog, positions against events and calls against a rebuild
    Verify(verify::Arguments),
    /// Shows snapshot, files, rows, sizes and positions
    Status(status::Arguments),
}

impl Command {
    /// Runs the command; the exit code is that of the process.
    ///
    /// # Errors
    /// Whatever stopped it, said once by `main`.
    pub(crate) async fn run(self, data: &DataFlags) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(arguments) => serve::run(arguments, data).await?,
            Self::Ingest(arguments) => ingest::run(arguments, data).await?,
            Self::Demo(arguments) => demo::run(arguments, data).await?,
            Self::Account(arguments) => account::run(arguments, data).await?,
            Self::ApiKey(arguments) => api_key::run(arguments, data).await?,
            Self::Import(arguments) => import::run(arguments, data).await?,
            Self::Generate(arguments) => generate::run(arguments, data).await?,
            Self::Sql(arguments) => sql::run(arguments, data).await?,
            Self::Query(arguments) => query::run(arguments, data).await?,
            Self::Compact(arguments) => compact::run(arguments, data).await?,
            Self::Rebuild(arguments) => rebuild::run(arguments, data).await?,
            Self::Verify(arguments) => verify::run(arguments, data).await?,
            Self::Status(arguments) => status::run(arguments, data).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
