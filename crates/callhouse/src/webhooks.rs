//! Webhooks from the settings: the dispatcher of this process, and what its deliveries say.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use callhouse_api::{WebhookData, WebhookSubject, webhook_data};
use callhouse_lake::webhooks::{SystemResolver, Wall};
use callhouse_query::Engine;
use callhouse_webhooks::{Dispatcher, Options, Render, RenderError, Rendered, Retries, Subject};

use crate::config;

/// Events of clocks that are ahead come up to a day early, and an id is remembered that much longer than its event is
/// announced.
const CLOCKS_AHEAD: Duration = Duration::from_secs(86_400);

/// Where deliveries may go.
#[must_use]
pub(crate) fn wall(settings: &config::Webhooks) -> Wall {
    Wall::new(settings.allow_private_endpoints, Arc::new(SystemResolver))
}

/// The dispatcher of a server, unless this process has none.
///
/// # Errors
/// When the HTTP client cannot be made.
pub(crate) fn dispatcher(
    app: &callhouse_api::App,
    settings: &config::Webhooks,
) -> anyhow::Result<Option<Dispatcher>> {
    if !settings.enabled {
        return Ok(None);
    }
    callhouse_webhooks::metrics::describe();
    let dispatcher = Dispatcher::new(
        app.webhooks.clone(),
        Arc::clone(&app.clock),
        Arc::clone(&app.appender),
        Arc::new(Records(app.engine.clone())),
        app.wall.clone(),
        options(settings),
    );
    dispatcher.map(Some).context("starting webhooks failed")
}

fn options(settings: &config::Webhooks) -> Options {
    Options {
        concurrency: settings.concurrency,
        endpoint_concurrency: settings.endpoint_concurrency,
        timeout: Duration::from_millis(settings.timeout_ms),
        retries: Retries {
            tries: settings.tries,
            first: Duration::from_millis(settings.retry_first_ms),
            factor: settings.retry_factor,
            longest: Duration::from_millis(settings.retry_longest_ms),
        },
        disable_after: Duration::from_millis(settings.disable_after_ms),
        remember: Duration::from_millis(settings.announce_within_ms) + CLOCKS_AHEAD,
        ..Options::default()
    }
}

/// Data made from the records of the lake.
struct Records(Engine);

#[async_trait]
impl Render for Records {
    async fn render(&self, subjects: &[Subject]) -> Result<Vec<Rendered>, RenderError> {
        let asked: Vec<WebhookSubject<'_>> = subjects
            .iter()
            .map(|Subject { account, webhook_type, id }| WebhookSubject { account, webhook_type, id })
            .collect();
        let data = webhook_data(&self.0, &asked).await.map_err(|error| RenderError(Box::new(error)))?;
        Ok(data.into_iter().map(rendered).collect())
    }
}

fn rendered(data: WebhookData) -> Rendered {
    match data {
        WebhookData::Data(json) => Rendered::Data(json),
        WebhookData::NotYet => Rendered::NotYet,
        WebhookData::Nothing => Rendered::Nothing,
    }
}
