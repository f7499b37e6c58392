//! `api-key.delete`: a key stops working at once.

use callhouse_lake::accounts::AccessScope;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "api-key.delete",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let id: i64 = params.required("id")?;
    params.finish()?;
    if context.accounts().delete_api_key(Some(&context.principal.account), id).await? {
        return Answer::of(&true);
    }
    let detail = "the account has no such key".to_owned();
    Err(Error::PropertyValue { path: "id".to_owned(), detail })
}
