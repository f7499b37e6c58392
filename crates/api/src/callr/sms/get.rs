//! `sms.get`: one message.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::{Param, Params as QueryParams};

use super::object::Messages;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Hash, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.get",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let hash: Hash = params.required("id")?;
    params.finish()?;
    let bound = QueryParams::from([("hash".to_owned(), Param::from(hash.0))]);
    let batches = context.engine().named(&context.scope(), "sms_get", &bound).await?;
    let found = Messages::new(&batches)?;
    let message = found.iter().next().ok_or_else(|| Error::PropertyValue {
        path: "id".to_owned(),
        detail: "there is no such message; sms.search finds those there are".to_owned(),
    })?;
    Answer::of(&message)
}
