//! The environment as a layer of settings: `CALLHOUSE_` and the setting's name, dots as underscores.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use toml::{Table, Value};

const PREFIX: &str = "CALLHOUSE_";
const CONFIG: &str = "CALLHOUSE_CONFIG";
/// `CALLHOUSE_KAFKA_PROPERTY_SASL_PASSWORD` is the client property `sasl.password`.
const KAFKA_PROPERTY: &str = "CALLHOUSE_KAFKA_PROPERTY_";

/// How a variable's text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Texts separated by commas.
    List,
    Number,
    /// `true` or `false`.
    Switch,
}

/// Every setting an environment variable can make: section, name, form.
pub(super) const NAMES: &[(&str, &str, Form)] = &[
    ("", "data", Form::Text),
    ("", "listen", Form::Text),
    ("", "pg_listen", Form::Text),
    ("", "flight_listen", Form::Text),
    ("", "public_url", Form::Text),
    ("kafka", "brokers", Form::Text),
    ("kafka", "topics", Form::List),
    ("kafka", "group", Form::Text),
    ("ingest", "flush_age_ms", Form::Number),
    ("ingest", "flush_rows", Form::Number),
    ("ingest", "flush_bytes", Form::Number),
    ("ingest", "hot_max_bytes", Form::Number),
    ("ingest", "overlay_max_rows", Form::Number),
    ("ingest", "open_records", Form::Number),
    ("ingest", "max_message_bytes", Form::Number),
    ("ingest", "skip_holes", Form::Switch),
    ("ingest", "create_accounts", Form::Switch),
    ("ingest", "decoders", Form::Number),
    ("compaction", "enabled", Form::Switch),
    ("compaction", "interval_ms", Form::Number),
    ("compaction", "settle_after_ms", Form::Number),
    ("compaction", "settle_every_ms", Form::Number),
    ("compaction", "memory_bytes", Form::Number),
    ("compaction", "target_file_bytes", Form::Number),
    ("compaction", "grace_ms", Form::Number),
    ("query", "target_partitions", Form::Number),
    ("query", "memory_limit_bytes", Form::Number),
    ("query", "metadata_cache_bytes", Form::Number),
    ("query", "sums_cache_bytes", Form::Number),
    ("query", "lookup_cache_bytes", Form::Number),
    ("sql", "time_limit_ms", Form::Number),
    ("sql", "idle_limit_ms", Form::Number),
    ("sql", "max_rows", Form::Number),
    ("sql", "max_bytes", Form::Number),
    ("sql", "statement_memory_bytes", Form::Number),
    ("sql", "spill_limit_bytes", Form::Number),
    ("sql", "running", Form::Number),
    ("sql", "running_of_account", Form::Number),
    ("sql", "waiting", Form::Number),
    ("sql", "threads", Form::Number),
    ("sql", "pg_connections", Form::Number),
    ("sql", "flight_connections", Form::Number),
    ("sql", "tls_certificate", Form::Text),
    ("sql", "tls_key", Form::Text),
    ("exports", "running", Form::Number),
    ("exports", "running_of_account", Form::Number),
    ("exports", "unfinished_of_account", Form::Number),
    ("exports", "keep_hours", Form::Number),
    ("exports", "remember_hours", Form::Number),
    ("exports", "link_hours", Form::Number),
    ("exports", "max_file_bytes", Form::Number),
    ("exports", "max_bytes", Form::Number),
    ("exports", "memory_bytes", Form::Number),
    ("exports", "lease_ms", Form::Number),
    ("webhooks", "enabled", Form::Switch),
    ("webhooks", "concurrency", Form::Number),
    ("webhooks", "endpoint_concurrency", Form::Number),
    ("webhooks", "timeout_ms", Form::Number),
    ("webhooks", "tries", Form::Number),
    ("webhooks", "retry_first_ms", Form::Number),
    ("webhooks", "retry_factor", Form::Number),
    ("webhooks", "retry_longest_ms", Form::Number),
    ("webhooks", "disable_after_ms", Form::Number),
    ("webhooks", "announce_within_ms", Form::Number),
    ("webhooks", "allow_private_endpoints", Form::Switch),
    ("limits", "requests_per_second", Form::Number),
    ("limits", "burst", Form::Number),
    ("log", "format", Form::Text),
    ("log", "filter", Form::Text),
];

/// The variables of this process that could be settings.
pub(super) fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

/// One variable of this process.
pub(super) fn variable(name: &str) -> Option<String> {
    variables().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// A variable that is not ours alone.
pub(super) fn foreign(name: &str) -> Option<OsString> {
    std::env::vars_os().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// Who is at the command line, as far as the environment says; `sudo` keeps the name of whoever called it.
pub(super) fn user() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let value = |wanted: &str| {
        let found = std::env::vars_os().find(|(name, _)| name == wanted);
        found.and_then(|(_, value)| value.into_string().ok()).filter(|value| !value.is_empty())
    };
    names.into_iter().find_map(value).unwrap_or_default()
}

/// The configuration file the environment names.
pub(super) fn config_file(variables: &[(String, String)]) -> Option<PathBuf> {
    variables.iter().find(|(name, _)| name == CONFIG).map(|(_, value)| value.into())
}

/// The settings among the variables. Others that begin like one (of other tools) are left alone.
pub(super) fn layer(variables: &[(String, String)]) -> anyhow::Result<Table> {
    let mut layer = Table::new();
    for (variable, text) in variables {
        if let Some(property) = variable.strip_prefix(KAFKA_PROPERTY) {
            let property = property.to_ascii_lowercase().replace('_', ".");
            let properties = section(section(&mut layer, "kafka"), "properties");
            properties.insert(property, Value::String(text.clone()));
        } else if let Some((name_of_section, name, form)) = setting_of(variable) {
            let value = value(text, *form).with_context(|| format!("environment variable {variable}"))?;
            section(&mut layer, name_of_section).insert((*name).to_owned(), value);
        }
    }
    Ok(layer)
}

fn setting_of(variable: &str) -> Option<&'static (&'static str, &'static str, Form)> {
    NAMES.iter().find(|(section, name, _)| variable_of(section, name) == variable)
}

/// The variable of a setting.
pub(super) fn variable_of(section: &str, name: &str) -> String {
    let section = if section.is_empty() { String::new() } else { format!("{section}_") };
    format!("{PREFIX}{section}{name}").to_ascii_uppercase()
}

fn section<'t>(table: &'t mut Table, name: &str) -> &'t mut Table {
    if name.is_empty() {
        return table;
    }
    let section = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    section.as_table_mut().expect("sections are only ever inserted as tables")
}

fn value(text: &str, form: Form) -> anyhow::Result<Value> {
    Ok(match form {
        Form::Text => Value::String(text.to_owned()),
        Form::List => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
        Form::Number => Value::Integer(text.parse().with_context(|| format!("{text:?} is no whole number"))?),
        Form::Switch => {
            Value::Boolean(text.parse().with_context(|| format!("{text:?} is not true or false"))?)
        }
    })
}
