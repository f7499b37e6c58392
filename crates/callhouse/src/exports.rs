//! Exports as the settings have them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use callhouse_exports::{Announcer, Links, Options, Service, SigningKey};
use callhouse_lake::Catalog;
use callhouse_lake::jobs::Jobs;
use callhouse_lake::webhooks::Webhooks;
use callhouse_query::{Engine, ExportOptions, Exporter, Room};

use crate::config::{self, Settings};

const SECONDS_PER_HOUR: u64 = 3_600;

/// The service of exports of a data folder. `address` is where the API listens.
///
/// # Errors
/// When the key that signs links can neither be read nor made.
pub(crate) fn service(
    catalog: &Catalog,
    webhooks: &Webhooks,
    settings: &Settings,
    address: &str,
) -> anyhow::Result<Service> {
    let key = SigningKey::of(catalog.folder().root()).context("reading the key of links failed")?;
    let options = options(&settings.exports);
    let own = format!("http://{address}");
    let url = if settings.public_url.is_empty() { own.as_str() } else { settings.public_url.as_str() };
    let links = Links::new(key, url, options.link);
    let clock = Arc::clone(catalog.clock());
    let announcer = Announcer::new(webhooks.subscriptions().clone(), links.clone(), clock);
    let jobs = Jobs::new(catalog.clone()).telling(Arc::new(announcer));
    Ok(Service::new(jobs, links, options))
}

/// What reads the rows of exports.
///
/// # Errors
/// When the folder for what does not fit into memory cannot be used.
pub(crate) fn exporter(engine: Engine, room: &Room, settings: &Settings) -> anyhow::Result<Exporter> {
    let options = ExportOptions {
        memory_bytes: settings.exports.memory_bytes,
        slice_bytes: settings.exports.memory_bytes,
        spill_folder: room.options().spill_folder.clone(),
        spill_limit_bytes: settings.sql.spill_limit_bytes,
        ..ExportOptions::default()
    };
    Exporter::new(engine, &options).context("opening exports failed")
}

fn options(settings: &config::Exports) -> Options {
    let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(SECONDS_PER_HOUR));
    let lease = Duration::from_millis(settings.lease_ms);
    let defaults = Options::default();
    Options {
        running: settings.running,
        running_of_account: settings.running_of_account,
        unfinished_of_account: settings.unfinished_of_account,
        keep: hours(settings.keep_hours),
        remember: hours(settings.remember_hours),
        link: hours(settings.link_hours),
        max_file_bytes: settings.max_file_bytes,
        max_bytes: settings.max_bytes,
        lease,
        sweep: defaults.sweep.min(lease * 2),
        ..defaults
    }
}
