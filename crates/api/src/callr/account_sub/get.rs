//! `account/sub.get`: one account below the caller's.

use callhouse_lake::accounts::AccessScope;

use super::object::SubAccount;
use super::reach::Reach;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/sub.get",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let reach = Reach::of(&context).await?;
    let account = reach.take(&mut params)?;
    params.finish()?;
    Answer::of(&SubAccount::new(account, &reach.stopped()))
}
