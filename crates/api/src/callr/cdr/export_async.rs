//! `cdr.export_async`: every CDR that the filters find, as a file. The result is the id of a job (`jobs.get`).

use crate::callr::cdr::filters;
use crate::callr::error::Error;
use crate::callr::export;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params};
use callhouse_lake::accounts::AccessScope;

pub(in crate::callr) const METHOD: Method = Method {
    name: "cdr.export_async",
    needs: Some(AccessScope::Export),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let (_, search) = filters::read(params.optional::<Object>("filters")?)?;
    export::ask(&context, params, "calls", search.filters()).await
}
