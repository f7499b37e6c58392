//! Settings: one precedence for all of them. Flags win over the environment, the environment over the
//! configuration file, the file over the defaults.
//!
//! The only place that reads the environment. Every layer becomes a TOML table; the tables are laid over each
//! other and read once into [`Settings`], so that a setting is the same thing wherever it was made. A name that
//! is no setting is an error which says the name.

mod environment;
mod flags;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use toml::{Table, Value};

use crate::secret::Secret;

pub(crate) use flags::{DataFlags, Flags, KafkaFlags, ListenFlag};
pub(crate) use settings::{Compaction, Exports, Ingest, Kafka, Log, LogFormat, Settings, Sql, Webhooks};

/// Reads the settings of this run.
///
/// # Errors
/// When the file cannot be read, or a layer holds an unknown name or a value of the wrong kind.
pub(crate) fn load(flags: &Flags) -> anyhow::Result<Settings> {
    let variables: Vec<(String, String)> = environment::variables();
    let file = flags.config.clone().or_else(|| environment::config_file(&variables));
    let file = file.as_deref().map(read_file).transpose()?.unwrap_or_default();
    combine(file, environment::layer(&variables)?, flags.layer()?)
}

/// What arms a crash point in a debug build: `NAME:N`.
#[must_use]
pub(crate) fn crash_point() -> Option<String> {
    environment::variable("CALLHOUSE_CRASH_AT")
}

/// Where callhouse keeps what is of a person and not of a data folder (XDG Base Directory Specification,
/// `XDG_STATE_HOME`); `None` for who has no home.
#[must_use]
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = environment::foreign("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    Some(state.join("callhouse"))
}

/// Who is at the command line; empty when the environment does not say.
#[must_use]
pub(crate) fn user() -> String {
    environment::user()
}

fn combine(file: Table, environment: Table, flags: Table) -> anyhow::Result<Settings> {
    let mut all = file;
    lay_over(&mut all, environment);
    lay_over(&mut all, flags);
    read(all).context("reading the settings failed")
}

fn read_file(path: &Path) -> anyhow::Result<Table> {
    let place = || format!("reading configuration file {} failed", path.display());
    let text = std::fs::read_to_string(path).with_context(place)?;
    // Read as settings here already, because only here an error can say the line.
    toml::from_str::<Settings>(&text).with_context(place)?;
    toml::from_str(&text).with_context(place)
}

fn read(table: Table) -> anyhow::Result<Settings> {
    let settings: Settings = Value::Table(table).try_into()?;
    settings.check()?;
    Ok(settings)
}

/// Lays one table over another: sections are merged, everything else replaced.
fn lay_over(below: &mut Table, above: Table) {
    for (name, value) in above {
        match (below.get_mut(&name), value) {
            (Some(Value::Table(section)), Value::Table(above)) => lay_over(section, above),
            (_, value) => {
                below.insert(name, value);
            }
        }
    }
}

/// Reads `NAME=VALUE` texts of the command line, whose values may be secrets.
///
/// # Errors
/// When a text has no `=`.
pub(crate) fn key_values(texts: &[String]) -> anyhow::Result<BTreeMap<String, Secret>> {
    let pairs = texts.iter().map(|text| name_and_value(text));
    pairs.map(|pair| pair.map(|(name, value)| (name.to_owned(), Secret::new(value)))).collect()
}

/// Splits `name=value`.
fn name_and_value(text: &str) -> anyhow::Result<(&str, &str)> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim(), value)),
        _ => bail!("{text:?} is not NAME=VALUE"),
    }
}
