//! `session.create`: a new session of the caller, with the caller's rights.

use super::Granted;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "session.create", needs: None, run: |context, params| Box::pin(run(context, params)) };

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    let principal = &context.principal;
    let new = context.app.accounts.create_session(principal).await?;
    Answer::of(&Granted::from(new))
}
