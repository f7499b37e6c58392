//! `api-key.all`: the keys of the account, without their tokens.

use callhouse_lake::accounts::AccessScope;

use super::Listed;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "api-key.all",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    let keys = context.app.accounts.api_keys(Some(&context.principal.account)).await?;
    Answer::of(&keys.into_iter().map(Listed::from).collect::<Vec<_>>())
}
