//! `jobs.get`: one job.

use super::{Id, known};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;
use crate::scope;
use callhouse_lake::accounts::AccessScope;

pub(in crate::callr) const METHOD: Method = Method {
    name: "jobs.get",
    needs: Some(AccessScope::Export),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let Id(id) = params.required("id")?;
    params.finish()?;
    let exports = &context.app.exports;
    let job = known(exports.jobs().get(&scope::viewer(&context.principal), &id).await?)?;
    Answer::of(&exports.job_object(&job))
}
