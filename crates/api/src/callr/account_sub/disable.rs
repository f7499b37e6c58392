//! `account/sub.disable`: nobody can log in as an account below the caller's, nor as one below that. What happened
//! there goes on being recorded: events are facts.

use callhouse_lake::accounts::AccessScope;

use super::reach::Reach;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/sub.disable",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let reach = Reach::of(&context).await?;
    let account = reach.take(&mut params)?;
    params.finish()?;
    context.accounts().set_enabled(&account.id, false).await?;
    Answer::of(&true)
}
