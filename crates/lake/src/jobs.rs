//! Jobs: work that an account asked for and fetches later, kept in the catalog database so that it outlives processes.
//!
//! Owns who may see a job, its status and who runs it. A job is `PENDING`, then `RUNNING`, then `DONE` (with a result or
//! an error) or `CANCELED`, and the last two are final. Whoever runs one holds a lease (`jobs/lease.rs`): a job whose
//! lease has run out, because its process died, is taken up again, and what the earlier run still does counts no more.
//! Leaves to `exports` what a job makes. Keeps TEN-1: every read names a [`Viewer`].

mod change;
mod lease;
mod read;
mod row;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use callhouse_core::{AccountId, Timestamp};
use serde_json::Value;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::error::Error;
use crate::webhooks::Dynamic;

pub use lease::{Lease, Limits, Outcome};

/// The id of a job: 32 letters and digits (CALLR format `hid`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobId(String);

impl JobId {
    const CHARACTERS: usize = 32;

    /// The id a text is; `None` when it can be none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == Self::CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_id.then(|| Self(text.to_owned()))
    }

    fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    Pending,
    Running,
    Canceled,
    /// Ended by itself, with a result or an error.
    Done,
}

impl JobStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Running, Self::Canceled, Self::Done];

    /// The CALLR word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Canceled => "CANCELED",
            Self::Done => "DONE",
        }
    }

    /// The status of a CALLR word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether nothing of the job changes any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Canceled | Self::Done)
    }
}

/// How far a job is, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Percent(u16);

impl Percent {
    pub const WHOLE: Self = Self(10_000);

    /// `done` of `all`; never more than 99.99 %, because only the end of a job is its end.
    #[must_use]
    pub fn of(done: u64, all: u64) -> Self {
        let hundredths = u128::from(done) * 10_000 / u128::from(all.max(1));
        Self(u16::try_from(hundredths).unwrap_or(u16::MAX).min(9_999))
    }

    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percent {
    /// `98.90`, as CALLR writes it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A job as the catalog knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    /// Who asked for it.
    pub account: AccountId,
    /// Over every account: only administrators see it.
    pub all_accounts: bool,
    pub kind: String,
    pub parameters: Value,
    /// Where this job alone is told of, beside what the account has subscribed to.
    pub webhook: Option<Dynamic>,
    pub status: JobStatus,
    pub percent: Percent,
    /// What it made, once it is done.
    pub result: Option<Value>,
    /// Why it made nothing, once it is done: `code` for programs, `detail` for people.
    pub error: Option<Value>,
    pub created_at: Timestamp,
    /// When it first ran.
    pub started_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    /// Which run of it this is, from 1; 0 before the first.
    pub attempt: i64,
    /// Runs that ended without an end: their process died or something failed that may not fail again.
    pub failures: i64,
    /// Its file in [`crate::DataFolder::exports_path`].
    pub file: Option<String>,
    pub file_bytes: Option<i64>,
    /// The file is there until then.
    pub expires_at: Option<Timestamp>,
}

/// A job to be.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub account: AccountId,
    pub all_accounts: bool,
    pub kind: &'static str,
    pub parameters: Value,
    pub webhook: Option<Dynamic>,
}

/// Who looks at jobs (TEN-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// An administrator sees all jobs.
    Administrator,
    /// An account sees those it asked for itself, but none over all accounts.
    Account(AccountId),
}

impl Viewer {
    fn account(&self) -> Option<&str> {
        match self {
            Self::Administrator => None,
            Self::Account(account) => Some(account.as_str()),
        }
    }
}

/// Is told of every change of a job's status in the transaction that makes it, so that neither is without the other.
#[async_trait]
pub trait StatusListener: Send + Sync + 'static {
    /// Writes what follows from the change.
    async fn changed(&self, transaction: &mut Transaction<'_, Sqlite>, job: &Job) -> Result<(), Error>;
}

/// The jobs of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    catalog: Catalog,
    listener: Option<Arc<dyn StatusListener>>,
}

impl Jobs {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog, listener: None }
    }

    /// The same jobs, whose changes `listener` is told of.
    #[must_use]
    pub fn telling(self, listener: Arc<dyn StatusListener>) -> Self {
        Self { listener: Some(listener), ..self }
    }

    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    async fn tell_and_commit(
        &self,
        mut transaction: Transaction<'static, Sqlite>,
        job: &Job,
    ) -> Result<(), Error> {
        if let Some(listener) = &self.listener {
            listener.changed(&mut transaction, job).await?;
        }
        transaction.commit().await.map_err(Error::catalog("change of a job"))
    }
}
