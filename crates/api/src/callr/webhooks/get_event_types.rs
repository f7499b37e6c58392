//! `webhooks.get_event_types`: what can be subscribed to.

use callhouse_core::webhook::TRIGGERS;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.get_event_types",
    needs: None,
    run: |context, params| Box::pin(run(context, params)),
};

async fn run(_: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&TRIGGERS.iter().map(|trigger| trigger.name).collect::<Vec<_>>())
}
