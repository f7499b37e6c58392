//! `api-key.create`: a new key; its token is in the answer and nowhere else. It is good for no more, and no longer, than
//! what it was made with.

use callhouse_core::Timestamp;
use callhouse_lake::accounts::{AccessScope, AccessScopes, KeyOptions, Principal};
use serde::Serialize;
use serde_json::Value;

use super::Listed;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Fault, FromJson, Object, Params, Properties};

/// Characters of a key's name.
const MAX_NAME_CHARACTERS: usize = 64;

pub(in crate::callr) const METHOD: Method = Method {
    name: "api-key.create",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    key: Listed,
    token: String,
}

/// A list of scopes, each once or more.
impl FromJson for AccessScopes {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "a list of at least one of read, ingest, sql, export, admin";
        let Value::Array(words) = value else { return Err(Fault::Type(WANTED)) };
        let scopes: Option<Self> =
            words.iter().map(|word| word.as_str()?.parse::<AccessScope>().ok()).collect();
        scopes.filter(|scopes| !scopes.is_empty()).ok_or(Fault::Value(WANTED))
    }
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let name: String = params.required("name")?;
    let mut options = Properties::new("options", params.optional::<Object>("options")?);
    let scopes = options.optional::<AccessScopes>("scopes")?;
    let expires_at = options.optional::<Timestamp>("expires_at")?;
    if expires_at.is_some_and(|expires_at| expires_at <= context.app.clock.now()) {
        return Err(options.unusable("expires_at", "a key must end after it was made"));
    }
    options.finish()?;
    params.finish()?;
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARACTERS {
        let detail = format!("name must be text of 1 to {MAX_NAME_CHARACTERS} characters");
        return Err(Error::ParamFormat { param: "name".to_owned(), detail });
    }
    let options = within_reach(&context.principal, name, scopes, expires_at)?;
    let new = context.accounts().create_api_key_with(&context.principal.account, &options).await?;
    Answer::of(&Created { key: new.key.into(), token: new.token.expose().to_owned() })
}

/// What the maker may give: without a word all it has. Keys that see every account are made on the command line only: a
/// leaked one must not breed others.
fn within_reach(
    maker: &Principal,
    name: String,
    scopes: Option<AccessScopes>,
    expires_at: Option<Timestamp>,
) -> Result<KeyOptions, Error> {
    let scopes = scopes.unwrap_or(maker.scopes);
    if !maker.scopes.contains(scopes) {
        return Err(Error::Forbidden {
            detail: "a key is good for no more than the credentials that make it",
        });
    }
    let longer = |end: Timestamp| expires_at.is_some_and(|asked| asked > end);
    if maker.expires_at.is_some_and(longer) {
        return Err(Error::Forbidden { detail: "a key lasts no longer than the credentials that make it" });
    }
    Ok(KeyOptions { scopes, expires_at: expires_at.or(maker.expires_at), ..KeyOptions::named(name) })
}
