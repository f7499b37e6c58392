//! `session.refresh`: new tokens for old; the old ones stop working.

use callhouse_lake::accounts::Secret;

use super::Granted;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "session.refresh", needs: None, run: |context, params| Box::pin(run(context, params)) };

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let token: String = params.required("refresh_token")?;
    params.finish()?;
    let token = Secret::new(token.to_ascii_lowercase());
    match context.app.accounts.refresh_session(&context.principal.account, &token).await? {
        Some(new) => Answer::of(&Granted::from(new)),
        None => Err(Error::PropertyValue {
            path: "refresh_token".to_owned(),
            detail: "the token is not of this account, was used before, or is too old".to_owned(),
        }),
    }
}
