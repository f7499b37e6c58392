//! `sms.export_async`: every message that the filters find, as a file. The result is the id of a job (`jobs.get`).

use callhouse_lake::accounts::AccessScope;

use super::filters;
use crate::callr::error::Error;
use crate::callr::export;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.export_async",
    needs: Some(AccessScope::Export),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let found = filters::read(params.optional::<Object>("filters")?)?;
    let texts = found.into_iter().filter_map(|(name, value)| Some((name, value.to_text()?)));
    export::ask(&context, params, "sms", texts.collect()).await
}
