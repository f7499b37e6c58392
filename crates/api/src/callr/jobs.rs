//! `jobs.*`: work done in the background, by CALLR's `Job` object.

pub(super) mod cancel;
pub(super) mod get;
pub(super) mod get_list;

use callhouse_lake::jobs::{Job, JobId, JobStatus};
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::params::{Fault, FromJson};

/// The id of a job.
struct Id(JobId);

impl FromJson for Id {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "an id of 32 letters and digits";
        match value {
            Value::String(text) => JobId::parse(&text).map(Self).ok_or(Fault::Value(WANTED)),
            _ => Err(Fault::Type(WANTED)),
        }
    }
}

impl FromJson for JobStatus {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "PENDING, RUNNING, CANCELED or DONE";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        Self::parse(text).ok_or(Fault::Value(WANTED))
    }
}

/// A job that was found, or the error of an unknown one.
fn known(job: Option<Job>) -> Result<Job, Error> {
    job.ok_or_else(|| Error::PropertyValue {
        path: "id".to_owned(),
        detail: "there is no such job".to_owned(),
    })
}
