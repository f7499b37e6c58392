//! Files nobody needs: expired, of jobs that were canceled or forgotten, of runs that died.
//!
//! A file belongs to one run of one job, and the catalog says what became of both, so nothing has to wait: the folder is
//! listed first, and a run whose file is there is in the catalog already.

use callhouse_core::Timestamp;
use callhouse_lake::jobs::{Job, JobStatus, Jobs, Viewer};
use tokio::task::spawn_blocking;

use crate::error::Error;
use crate::folder::{Folder, manifest_name};

/// Removes the files nobody needs; returns how many. Safe in several processes at once.
///
/// # Errors
/// [`Error::File`], [`Error::Lake`]; the next round takes up what was left.
pub(crate) async fn sweep(jobs: &Jobs, folder: &Folder, now: Timestamp) -> Result<u64, Error> {
    let listing = folder.clone();
    let files = spawn_blocking(move || listing.list()).await.map_err(Error::Task)??;
    let mut removed = 0;
    for (name, id, attempt) in files {
        let job = jobs.get(&Viewer::Administrator, &id).await?;
        if !job.is_some_and(|job| is_needed(&job, &name, attempt, now)) {
            folder.remove(&name)?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_needed(job: &Job, name: &str, attempt: i64, now: Timestamp) -> bool {
    match job.status {
        // Also one whose lease has run out: until another attempt begins it may still be going on.
        JobStatus::Running => attempt == job.attempt,
        JobStatus::Done => {
            let is_of_job = job.file.as_deref() == Some(name) || manifest_name(job) == name;
            is_of_job && job.expires_at.is_some_and(|expires_at| now < expires_at)
        }
        JobStatus::Pending | JobStatus::Canceled => false,
    }
}
