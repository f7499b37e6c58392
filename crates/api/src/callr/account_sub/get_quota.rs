//! `account/sub.get_quota`: how many accounts are below the caller's. There may be any number of them.

use callhouse_lake::accounts::AccessScope;
use serde::Serialize;

use super::reach::Reach;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "account/sub.get_quota",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `SubAccount.Quota`.
#[derive(Serialize)]
struct Quota {
    actual: usize,
    /// There is none.
    max: Option<usize>,
}

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&Quota { actual: Reach::of(&context).await?.accounts.len(), max: None })
}
