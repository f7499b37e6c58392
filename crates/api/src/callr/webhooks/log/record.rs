//! Rows of `webhook_deliveries` as the API shows them: the eight properties that CALLR's filters name, and what else is known
//! of an attempt.

use arrow::array::RecordBatch;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::value::RawValue;

use crate::callr::error::Error;
use crate::callr::fields::{Fields, Instant, Int, Text};
use crate::callr::format::datetime_ms;

/// How much of an attempt is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::callr::webhooks) enum Detail {
    Summary,
    /// With request and reply.
    Whole,
}

impl Detail {
    pub(in crate::callr::webhooks) const fn columns(self) -> &'static [&'static str] {
        const WHOLE: &[&str] = &[
            "about",
            "attempted_at",
            "duration_ms",
            "endpoint",
            "event_at",
            "event_id",
            "event_type",
            "failure",
            "hook_hash",
            "http_code",
            "source",
            "status",
            "try_number",
            "request_body",
            "request_headers",
            "response_body",
        ];
        const SUMMARY: &[&str] = WHOLE.split_at(WHOLE.len() - 3).0;
        match self {
            Self::Summary => SUMMARY,
            Self::Whole => WHOLE,
        }
    }
}

#[derive(Serialize)]
struct Attempt<'a> {
    about: Option<&'a str>,
    attempted_at: Option<String>,
    duration_ms: Option<i64>,
    endpoint: Option<&'a str>,
    event_date: Option<String>,
    event_id: Option<&'a str>,
    failure: Option<&'a str>,
    hook_hash: Option<&'a str>,
    http_code: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    exchange: Option<Exchange<'a>>,
    source: Option<&'a str>,
    status: Option<&'a str>,
    #[serde(rename = "try")]
    number: Option<i64>,
    #[serde(rename = "type")]
    event_type: Option<&'a str>,
}

#[derive(Serialize)]
struct Exchange<'a> {
    request_body: Option<&'a str>,
    request_headers: Option<Box<RawValue>>,
    response_body: Option<&'a str>,
}

/// Attempts that serialize as an array.
pub(in crate::callr::webhooks) struct Records(Vec<Columns>);

struct Columns {
    rows: usize,
    about: Text,
    attempted_at: Instant,
    duration_ms: Int,
    endpoint: Text,
    event_at: Instant,
    event_id: Text,
    event_type: Text,
    failure: Text,
    hook_hash: Text,
    http_code: Int,
    source: Text,
    status: Text,
    try_number: Int,
    /// Body and headers of the request, body of the reply.
    exchange: Option<(Text, Text, Text)>,
}

impl Records {
    pub(in crate::callr::webhooks) fn new(detail: Detail, batches: &[RecordBatch]) -> Result<Self, Error> {
        batches.iter().map(|batch| Columns::of(detail, batch)).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter().map(|columns| columns.rows).sum();
        let mut attempts = serializer.serialize_seq(Some(rows))?;
        for columns in &self.0 {
            for row in 0..columns.rows {
                attempts.serialize_element(&columns.attempt(row))?;
            }
        }
        attempts.end()
    }
}

impl Columns {
    fn of(detail: Detail, batch: &RecordBatch) -> Result<Self, Error> {
        let fields = Fields::new(batch);
        let exchange = match detail {
            Detail::Summary => None,
            Detail::Whole => Some((
                fields.text("request_body")?,
                fields.text("request_headers")?,
                fields.text("response_body")?,
            )),
        };
        Ok(Self {
            rows: batch.num_rows(),
            about: fields.text("about")?,
            attempted_at: fields.instant("attempted_at")?,
            duration_ms: fields.int("duration_ms")?,
            endpoint: fields.text("endpoint")?,
            event_at: fields.instant("event_at")?,
            event_id: fields.text("event_id")?,
            event_type: fields.text("event_type")?,
            failure: fields.text("failure")?,
            hook_hash: fields.text("hook_hash")?,
            http_code: fields.int("http_code")?,
            source: fields.text("source")?,
            status: fields.text("status")?,
            try_number: fields.int("try_number")?,
            exchange,
        })
    }

    fn attempt(&self, row: usize) -> Attempt<'_> {
        Attempt {
            about: self.about.get(row),
            attempted_at: self.attempted_at.get(row).map(datetime_ms),
            duration_ms: self.duration_ms.get(row),
            endpoint: self.endpoint.get(row),
            event_date: self.event_at.get(row).map(datetime_ms),
            event_id: self.event_id.get(row),
            failure: self.failure.get(row),
            hook_hash: self.hook_hash.get(row),
            http_code: self.http_code.get(row).map(|code| code.to_string()),
            exchange: self.exchange.as_ref().map(|(body, headers, reply)| Exchange {
                request_body: body.get(row),
                request_headers: headers.get(row).and_then(|json| serde_json::from_str(json).ok()),
                response_body: reply.get(row),
            }),
            source: self.source.get(row),
            status: self.status.get(row),
            number: self.try_number.get(row),
            event_type: self.event_type.get(row),
        }
    }
}
