//! `webhooks.test`: sends an event that announces nothing, to see whether an endpoint takes deliveries.

use callhouse_core::ids::long_hash;
use callhouse_lake::accounts::AccessScope;
use callhouse_lake::webhooks::HookStatus;
use serde_json::json;
use uuid::Uuid;

use super::find;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Hash, Params};

/// The type of a test event: none that a receiver acts on.
const TEST_TYPE: &str = "webhook.test";

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.test",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let hash: Hash = params.required("hash")?;
    params.finish()?;
    let hook = find(&context, &hash).await?;
    if hook.status != HookStatus::Enabled {
        let detail = "the webhook is disabled; webhooks.set_status enables it".to_owned();
        return Err(Error::PropertyValue { path: "hash".to_owned(), detail });
    }
    let event_id = long_hash(&["webhook test", &Uuid::new_v4().to_string()]);
    let data = json!({"hook_type": &*hook.webhook_type, "message": "callhouse webhook test"}).to_string();
    context.app.webhooks.queue_test(&hook, TEST_TYPE, &event_id, &data).await?;
    Answer::of(&event_id)
}
