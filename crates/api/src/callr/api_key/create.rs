//! `api-key.create`: a new key; its token is in the answer and nowhere else.

use serde::Serialize;

use super::Listed;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

/// Characters of a key's name.
const MAX_NAME_CHARACTERS: usize = 64;

pub(in crate::callr) const METHOD: Method =
    Method { name: "api-key.create", run: |context, params| Box::pin(run(context, params)) };

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    key: Listed,
    token: String,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let name: String = params.required("name")?;
    params.finish()?;
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARACTERS {
        let detail = format!("name must be text of 1 to {MAX_NAME_CHARACTERS} characters");
        return Err(Error::ParamFormat { param: "name".to_owned(), detail });
    }
    // Keys that see every account are made on the command line only: a leaked one must not breed others.
    let new = context.app.accounts.create_api_key(&context.principal.account, &name, false).await?;
    Answer::of(&Created { key: new.key.into(), token: new.token.expose().to_owned() })
}
