//! Log lines on stderr: for people on a terminal, JSON for machines.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging for a command whose output is its answer: only warnings, unless the settings say otherwise.
///
/// # Errors
/// As [`start`].
pub(crate) fn start_quiet(settings: &Log) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    if settings.filter == Log::default().filter {
        "warn".clone_into(&mut settings.filter);
    }
    start(&settings)
}

/// Starts logging for the rest of the process. Called once.
///
/// # Errors
/// When the filter is not in `EnvFilter` syntax.
pub(crate) fn start(settings: &Log) -> anyhow::Result<()> {
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
