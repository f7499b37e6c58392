//! The `callhouse` program: command line, settings and wiring. What the parts do is in the crates below; this
//! one only puts them together, and holds the generator.

mod command;
mod config;
mod doors;
mod exports;
mod generate;
mod giving_way;
mod lake;
mod listen;
mod logging;
mod logs;
mod output;
mod room;
mod secret;
mod server;
mod spill;
mod upkeep;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Command;
use crate::config::DataFlags;

/// Threads hand rows and buffers to each other all the time; how it is set up for that is in .cargo/config.toml,
/// what it saves in docs/performance.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The warehouse for calls: every call once, to the fourth decimal, reproducible.
#[derive(Debug, Parser)]
#[command(name = "callhouse", version, about, propagate_version = true, max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    data: DataFlags,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    // Ends the process with status 2 when the command line is wrong.
    let CommandLine { data, command } = CommandLine::parse();
    match run(command, &data) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, data: &DataFlags) -> anyhow::Result<ExitCode> {
    arm_crash_point()?;
    // For HTTPS clients, of which reqwest brings none. Only this process could have installed another before.
    drop(tokio_rustls::rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(command.run(data)))
}

#[cfg(debug_assertions)]
fn arm_crash_point() -> anyhow::Result<()> {
    match config::crash_point() {
        Some(setting) => callhouse_core::crash::arm(&setting).map_err(anyhow::Error::msg),
        None => Ok(()),
    }
}

#[cfg(not(debug_assertions))]
fn arm_crash_point() -> anyhow::Result<()> {
    anyhow::ensure!(config::crash_point().is_none(), "CALLHOUSE_CRASH_AT works in debug builds only");
    Ok(())
}
