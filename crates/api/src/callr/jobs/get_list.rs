//! `jobs.get_list`: the newest jobs, of one status if one is named.

use callhouse_lake::accounts::AccessScope;
use callhouse_lake::jobs::JobStatus;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;
use crate::scope;

/// Jobs of one answer.
const MOST: u32 = 1_000;

pub(in crate::callr) const METHOD: Method = Method {
    name: "jobs.get_list",
    needs: Some(AccessScope::Export),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let status: Option<JobStatus> = params.optional("status")?;
    params.finish()?;
    let exports = &context.app.exports;
    let jobs = exports.jobs().list(&scope::viewer(&context.principal), None, None, MOST).await?;
    let wanted = jobs.iter().filter(|job| status.is_none_or(|status| job.status == status));
    Answer::of(&wanted.map(|job| exports.job_object(job)).collect::<Vec<Value>>())
}
