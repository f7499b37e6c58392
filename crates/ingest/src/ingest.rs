//! Ingest of one process: what its runs share, and what it says about itself.

use std::sync::Arc;

use callhouse_lake::accounts::AccountDirectory;
use callhouse_lake::{Catalog, HotRows};
use callhouse_log::Log;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::options::Options;
use crate::status::{Status, Summary};

/// Takes logs into the lake. One per process; logs may be run at the same time.
pub struct Ingest {
    catalog: Catalog,
    hot: HotRows,
    accounts: AccountDirectory,
    options: Options,
}

impl Ingest {
    #[must_use]
    pub fn new(catalog: Catalog, hot: HotRows, accounts: AccountDirectory, options: Options) -> Arc<Self> {
        Arc::new(Self { catalog, hot, accounts, options })
    }

    /// Takes a log in until `stop` is cancelled or the log ends; then drains and commits what was read.
    ///
    /// # Errors
    /// What cannot go on: see [`Error`]. A message never is; one partition that stops does not end the others.
    pub async fn run(self: &Arc<Self>, log: Arc<dyn Log>, stop: CancellationToken) -> Result<Summary, Error> {
        let _ = (log, stop, &self.catalog, &self.hot, &self.accounts, &self.options);
        Ok(Summary::default())
    }

    #[must_use]
    pub fn status(&self) -> Status {
        Status::default()
    }

    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.status().is_healthy()
    }
}
