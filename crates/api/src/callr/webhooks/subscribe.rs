//! `webhooks.subscribe`: announces one type of event at an endpoint.

use callhouse_core::webhook::trigger;
use callhouse_lake::accounts::AccessScope;
use callhouse_lake::webhooks::{Endpoint, MAX_HOOKS, Subscribed};

use super::object::Webhook;
use super::options;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Object, Params};

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.subscribe",
    needs: Some(AccessScope::Admin),
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let webhook_type: String = params.required("type")?;
    let endpoint: Endpoint = params.required("endpoint")?;
    let signing = options::read("options", params.optional::<Object>("options")?)?;
    params.finish()?;
    let Some(trigger) = trigger(&webhook_type) else {
        let detail = "type must be one of those webhooks.get_event_types lists".to_owned();
        return Err(Error::ParamFormat { param: "type".to_owned(), detail });
    };
    options::check_endpoint(&context.app.wall, "endpoint", &endpoint).await?;
    let account = &context.principal.account;
    let subscribed =
        context.app.webhooks.subscribe(account, trigger.name, &endpoint, signing.as_ref()).await?;
    match subscribed {
        Subscribed::New(hook) => Answer::of(&Webhook::from(&hook)),
        Subscribed::Duplicate => Err(Error::TypeEndpointDuplicate),
        Subscribed::TooMany => Err(Error::TooManyWebhooks { limit: MAX_HOOKS }),
    }
}
