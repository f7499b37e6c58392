//! `webhooks.get_list`: the webhooks of the account, oldest first.

use super::object::Webhook;
use super::whose;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;
use callhouse_lake::accounts::AccessScope;

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.get_list",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    let hooks = context.app.webhooks.list(whose(&context)).await?;
    Answer::of(&hooks.iter().map(Webhook::from).collect::<Vec<_>>())
}
