//! One attempt: signed, sent, and what is to be recorded of it.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::{Clock, Timestamp, crash};
use callhouse_lake::webhooks::{Claimed, Signing, Webhooks};
use tokio::time::Instant;

use crate::attempt::{Attempt, Request};
use crate::client::{Client, USER_AGENT};
use crate::recorder::Record;
use crate::{body, signature};

/// What cannot be sent for a reason of ours is tried again after this.
pub(crate) const LATEST_AGAIN: Duration = Duration::from_secs(600);

/// What an attempt needs.
pub(crate) struct Sending {
    pub(crate) webhooks: Webhooks,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
}

/// A claimed delivery with its data, until when it is ours.
pub(crate) struct Loaded {
    pub(crate) claimed: Claimed,
    pub(crate) data: Arc<str>,
    pub(crate) lease_until: Timestamp,
}

impl Sending {
    /// One attempt, from the signature to the end of the reply.
    pub(crate) async fn attempt(&self, loaded: Loaded) -> Record {
        let Loaded { claimed, data, lease_until } = loaded;
        let began_at = self.clock.now();
        // Too late to be sure that it ends before somebody else may claim it.
        if began_at.plus_micros(micros(self.timeout)) > lease_until {
            return Record::NotTried { claimed: Box::new(claimed), again_at: began_at };
        }
        let request = match self.request(&claimed, &data) {
            Ok(request) => request,
            Err(error) => {
                let hash = claimed.hook.as_ref().map(|hook| &*hook.hash);
                tracing::error!(error = &*error, account = %claimed.account, hash, "a webhook cannot be sent");
                return Record::NotTried {
                    again_at: began_at.plus_micros(micros(LATEST_AGAIN)),
                    claimed: Box::new(claimed),
                };
            }
        };
        crash::point("webhooks.send.before");
        let started = Instant::now();
        let reply = self.client.send(&claimed.endpoint, &request).await;
        crash::point("webhooks.send.after");
        Record::Attempted(Box::new(Attempt { claimed, request, reply, began_at, took: started.elapsed() }))
    }

    fn request(
        &self,
        claimed: &Claimed,
        data: &str,
    ) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
        let body = body::body(claimed, data)?;
        let mut headers = vec![
            ("accept", "*/*".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("x-callr-eventid", claimed.event_id.to_string()),
        ];
        if let Some(sealed) = &claimed.signing {
            let signing: Signing = self.webhooks.open(&claimed.account, sealed)?;
            headers.push(("x-callr-hmacsignature", signature::sign(&signing, &body)));
        }
        Ok(Request { headers, body: body.into() })
    }
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
