//! Statements asked of a running server, by `POST /v1/sql`; rows come as an Arrow stream.

use anyhow::{Context, bail};
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamDecoder;
use callhouse_query::{Answer, Error};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::source::placed;
use crate::secret::Secret;

const BROKEN_OFF: &str = "the server broke off the answer";

pub(super) struct Remote {
    client: reqwest::Client,
    address: String,
    key: Secret,
}

impl Remote {
    pub(super) fn new(url: &str, key: Secret) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().build().context("making an HTTP client failed")?;
        Ok(Self { client, address: format!("{}/v1/sql", url.trim_end_matches('/')), key })
    }

    pub(super) async fn ask(&self, statement: &str) -> anyhow::Result<(SchemaRef, Answer)> {
        let request = self.client.post(&self.address).bearer_auth(self.key.expose());
        let request = request.json(&json!({ "sql": statement, "format": "arrow" }));
        let response = request.send().await.map_err(|error| self.unanswered(error))?;
        if !response.status().is_success() {
            let status = response.status();
            let body: Value = response.json().await.unwrap_or_default();
            bail!("{}", said(&body).unwrap_or_else(|| format!("{} answered {status}", self.address)));
        }
        let mut body = Body { response, decoder: StreamDecoder::new(), rest: Buffer::from(Vec::<u8>::new()) };
        let first = body.next().await?;
        let schema = body.decoder.schema().context("the server's answer has no columns")?;
        let rest = stream::unfold(Some(body), |body| async move {
            let mut body = body?;
            match body.next().await {
                Ok(Some(batch)) => Some((Ok(batch), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(Error::Invalid { what: format!("{error:#}") }), None)),
            }
        });
        Ok((schema, stream::iter(first.map(Ok)).chain(rest).boxed()))
    }

    /// Why there is no answer. The client may find the connection closed before it has looked at what came of an answer.
    fn unanswered(&self, error: reqwest::Error) -> anyhow::Error {
        const CLOSED: &str = "connection closed before message completed";
        let error = anyhow::Error::new(error);
        let what = if error.chain().any(|cause| cause.to_string() == CLOSED) {
            BROKEN_OFF.to_owned()
        } else {
            format!("POST {} failed", self.address)
        };
        error.context(what)
    }
}

/// What an error of the server says, and where.
fn said(body: &Value) -> Option<String> {
    let place = body["line"].as_u64().zip(body["column"].as_u64());
    Some(placed(body["detail"].as_str()?, place, body["hint"].as_str()))
}

/// An Arrow stream that is being received.
struct Body {
    response: reqwest::Response,
    decoder: StreamDecoder,
    /// Received and not decoded yet.
    rest: Buffer,
}

impl Body {
    /// The next batch; `None` at the end, which must be one of the stream.
    async fn next(&mut self) -> anyhow::Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) =
                self.decoder.decode(&mut self.rest).context("the answer is no Arrow stream")?
            {
                return Ok(Some(batch));
            }
            match self.response.chunk().await.context(BROKEN_OFF)? {
                Some(chunk) => self.rest = Buffer::from(chunk.to_vec()),
                None => {
                    self.decoder.finish().context(BROKEN_OFF)?;
                    return Ok(None);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_with_its_place_and_hint() {
        let body = json!({"error": "BAD_STATEMENT", "detail": "no x", "line": 1, "column": 8, "hint": "did you mean y?"});
        assert_eq!(said(&body).as_deref(), Some("no x (line 1, column 8)\nhint: did you mean y?"));
        assert_eq!(said(&json!({"detail": "busy"})).as_deref(), Some("busy"));
        assert_eq!(said(&Value::Null), None);
    }
}
