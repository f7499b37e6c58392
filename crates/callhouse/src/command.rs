//! The commands, one file each. A command reads its settings, does its work and says what came of it.

mod account;
mod api_key;
mod generate;
mod sql;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::DataFlags;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Creates, lists and disables accounts
    Account(account::Arguments),
    /// Creates, lists and deletes API keys
    ApiKey(api_key::Arguments),
    /// Makes a set of calls with everything that goes wrong on the way, and its control totals
    Generate(generate::Arguments),
    /// Asks the lake a question in SQL
    Sql(sql::Arguments),
}

impl Command {
    /// Runs the command; the exit code is that of the process.
    ///
    /// # Errors
    /// Whatever stopped it, said once by `main`.
    pub async fn run(self, data: &DataFlags) -> anyhow::Result<ExitCode> {
        match self {
            Self::Account(arguments) => account::run(arguments, data).await?,
            Self::ApiKey(arguments) => api_key::run(arguments, data).await?,
            Self::Generate(arguments) => generate::run(arguments).await?,
            Self::Sql(arguments) => sql::run(arguments, data).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
