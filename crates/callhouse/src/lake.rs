//! Opening the lake of a data folder, as every command does it.

use std::sync::Arc;

use anyhow::Context;
use callhouse_core::{AccountId, Clock};
use callhouse_lake::accounts::{Accounts, Actor};
use callhouse_lake::clock::SystemClock;
use callhouse_lake::{Catalog, DataFolder};

use crate::config::{self, Settings};

/// The clock of this process.
#[must_use]
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Opens the catalog, creating the data folder when there is none.
///
/// # Errors
/// When the folder cannot be made or holds a catalog of another version.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Catalog> {
    let folder = DataFolder::new(&settings.data);
    Catalog::open(folder, clock())
        .await
        .with_context(|| format!("opening data folder {} failed", settings.data.display()))
}

/// Opens the catalog of a folder that must be there already.
///
/// # Errors
/// When there is no such folder, and as [`open`].
pub(crate) async fn open_existing(settings: &Settings) -> anyhow::Result<Catalog> {
    let catalog = DataFolder::new(&settings.data).catalog_path();
    let found = catalog.try_exists().with_context(|| format!("looking at {} failed", catalog.display()))?;
    anyhow::ensure!(found, "{} is no data folder: it has no catalog", settings.data.display());
    open(settings).await
}

/// Opens the accounts of the data folder, for whoever is at the command line.
///
/// # Errors
/// As [`open`].
pub(crate) async fn accounts(settings: &Settings) -> anyhow::Result<Accounts> {
    let accounts = Accounts::new(open(settings).await?);
    Ok(accounts.by(Actor::command_line(config::user())))
}

/// An account name from the command line.
///
/// # Errors
/// When it is of the wrong form; says the form.
pub(crate) fn account_id(name: &str) -> anyhow::Result<AccountId> {
    AccountId::new(name).with_context(|| format!("{name:?} is no account name"))
}
