//! `session.delete`: ends the session the request was made with.

use callhouse_lake::accounts::Credential;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "session.delete", needs: None, run: |context, params| Box::pin(run(context, params)) };

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    let Credential::Session(id) = context.principal.credential else {
        return Err(Error::Forbidden { detail: "the request was not made with a session token" });
    };
    context.app.accounts.delete_session(id).await?;
    Answer::of(&true)
}
