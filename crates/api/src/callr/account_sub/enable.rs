//! `account/sub.enable`: lets an account below the caller's log in again. What is disabled above it still holds.

use callhouse_lake::accounts::AccessScope;

use super::reach::Reach;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/sub.enable",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let reach = Reach::of(&context).await?;
    let account = reach.take(&mut params)?;
    params.finish()?;
    context.accounts().set_enabled(&account.id, true).await?;
    Answer::of(&true)
}
