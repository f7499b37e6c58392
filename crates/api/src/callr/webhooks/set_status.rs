//! `webhooks.set_status`: enables or disables a webhook.

use callhouse_lake::accounts::AccessScope;
use callhouse_lake::webhooks::HookStatus;
use serde_json::Value;

use super::object::Webhook;
use super::{find, unknown_hash};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Fault, FromJson, Hash, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.set_status",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let hash: Hash = params.required("hash")?;
    let status: HookStatus = params.required("status")?;
    params.finish()?;
    let hook = find(&context, &hash).await?;
    let is_admins = |status| status == HookStatus::DisabledAdmin;
    if !context.principal.admin && (is_admins(status) || is_admins(hook.status)) {
        return Err(Error::Forbidden { detail: "DISABLED_ADMIN is set and lifted by an administrator" });
    }
    if status == HookStatus::DisabledSystem {
        let detail = "status must be ENABLED or DISABLED; DISABLED_SYSTEM is callhouse's own".to_owned();
        return Err(Error::PropertyValue { path: "status".to_owned(), detail });
    }
    match context.app.webhooks.set_status(&hook.hash, status).await? {
        Some(hook) => Answer::of(&Webhook::from(&hook)),
        None => Err(unknown_hash()),
    }
}

impl FromJson for HookStatus {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "ENABLED or DISABLED";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        Self::parse(text).ok_or(Fault::Value(WANTED))
    }
}
