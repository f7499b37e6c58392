//! Log lines on stderr: for people on a terminal, JSON for machines.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging for the rest of the process. Called once, by the commands that run for long.
///
/// # Errors
/// When the filter is not in `EnvFilter` syntax.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .parse(&settings.filter)
        .with_context(|| format!("log.filter {:?} is not understood", settings.filter))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let human = match settings.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => stderr().is_terminal(),
    };
    if human {
        lines.with_ansi(stderr().is_terminal()).init();
    } else {
        lines.json().flatten_event(true).init();
    }
    Ok(())
}
