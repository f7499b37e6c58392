//! `POST /v1/events` of a running callhouse, as NDJSON.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::generate::Message;
use crate::secret::Secret;

/// How long a server may be away or busy before the set is given up.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct HttpSink {
    client: reqwest::Client,
    address: String,
    key: Option<Secret>,
}

impl HttpSink {
    pub(super) fn new(address: &str, key: Option<Secret>) -> anyhow::Result<Self> {
        let base = address.trim_end_matches('/');
        let address =
            if base.ends_with("/v1/events") { base.to_owned() } else { format!("{base}/v1/events") };
        let client = reqwest::Client::builder().build().context("making an HTTP client failed")?;
        Ok(Self { client, address, key })
    }

    /// Sends one batch until it is durable. Sending a batch twice is safe: events are idempotent.
    pub(super) async fn write(&mut self, messages: &[Message]) -> anyhow::Result<()> {
        let mut body = Vec::new();
        for message in messages {
            body.extend_from_slice(&message.payload);
            body.push(b'\n');
        }
        let body = bytes::Bytes::from(body);
        let mut waited = Duration::ZERO;
        loop {
            let pause = match self.post(body.clone()).await {
                Ok(None) => return Ok(()),
                Ok(Some(pause)) if waited < PATIENCE => pause,
                Ok(Some(_)) => bail!("{} has been too busy for {} seconds", self.address, PATIENCE.as_secs()),
                Err(error) if waited < PATIENCE && may_pass(&error) => Duration::from_millis(500),
                Err(error) => return Err(error),
            };
            tokio::time::sleep(pause).await;
            waited += pause;
        }
    }

    /// `None` when the batch is durable, else how long to wait before it is sent again.
    async fn post(&self, body: bytes::Bytes) -> anyhow::Result<Option<Duration>> {
        let mut request =
            self.client.post(&self.address).header(CONTENT_TYPE, "application/x-ndjson").body(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose());
        }
        let answer = request.send().await.with_context(|| format!("POST {} failed", self.address))?;
        let status = answer.status();
        match status {
            // 422: every line was rejected, which is where rubbish belongs.
            StatusCode::ACCEPTED | StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY => Ok(None),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let seconds =
                    answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                Ok(Some(seconds.map_or(Duration::from_millis(500), Duration::from_secs)))
            }
            _ => {
                let text = answer.text().await.unwrap_or_default();
                bail!("{} answered {status}: {text}", self.address)
            }
        }
    }
}

/// Whether the server may only be restarting.
fn may_pass(error: &anyhow::Error) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_connect() || error.is_request())
}
