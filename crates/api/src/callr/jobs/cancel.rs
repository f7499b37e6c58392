//! `jobs.cancel`: ends a job before its time.

use callhouse_lake::accounts::AccessScope;
use callhouse_lake::jobs::JobStatus;

use super::{Id, known};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;
use crate::scope;

pub(in crate::callr) const METHOD: Method = Method {
    name: "jobs.cancel",
    needs: Some(AccessScope::Export),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let Id(id) = params.required("id")?;
    params.finish()?;
    let job = known(context.app.exports.jobs().cancel(&scope::viewer(&context.principal), &id).await?)?;
    // Canceled twice is canceled; one that is done cannot be.
    match job.status {
        JobStatus::Canceled => Answer::of(&true),
        JobStatus::Pending | JobStatus::Running | JobStatus::Done => {
            Err(Error::PropertyValue { path: "id".to_owned(), detail: "the job is done already".to_owned() })
        }
    }
}
