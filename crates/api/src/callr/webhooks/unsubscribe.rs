//! `webhooks.unsubscribe`: nothing more is sent to a webhook, not even what was due.

use super::{find, unknown_hash};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Hash, Params};
use callhouse_lake::accounts::AccessScope;

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.unsubscribe",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let hash: Hash = params.required("hash")?;
    params.finish()?;
    let hook = find(&context, &hash).await?;
    if context.app.webhooks.unsubscribe(&hook.account, &hook.hash).await? {
        return Answer::of(&true);
    }
    Err(unknown_hash())
}
