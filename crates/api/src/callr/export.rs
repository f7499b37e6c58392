//! What the `*.export_async` methods share: their webhook, their options, and putting the job into the queue.

use std::collections::BTreeMap;

use callhouse_exports::{Asked, CsvOptions, ExportSpec, Format};
use callhouse_lake::accounts::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Context};
use crate::callr::params::{Fault, FromJson, Object, Params};
use crate::dynamic_webhook;

/// The form of the file; callhouse's own parameter behind those of the API.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    format: Format,
    gzip: bool,
    columns: Vec<String>,
    time_zone: Option<String>,
    csv: CsvOptions,
}

/// Any JSON.
struct Json(Value);

impl FromJson for Json {
    fn from_json(value: Value) -> Result<Self, Fault> {
        Ok(Self(value))
    }
}

/// Reads webhook and options, and asks for the export. The result is the id of the job.
pub(super) async fn ask(
    context: &Context,
    mut params: Params,
    source: &str,
    filters: BTreeMap<String, String>,
) -> Result<Answer, Error> {
    let webhook: Option<Json> = params.optional("webhook")?;
    let options: Option<Object> = params.optional("options")?;
    params.finish()?;
    let spec = spec(source, filters, options)?;
    let webhook = webhook.map(|Json(value)| read_webhook(value)).transpose()?;
    let principal = &context.principal;
    let job = context.app.exports.ask(&principal.account, principal.admin, &spec, webhook).await;
    let job = job.map_err(|error| match error {
        Asked::Refused(refusal) if refusal.field.starts_with("filters.") => {
            Error::PropertyValue { path: refusal.field, detail: refusal.detail }
        }
        Asked::Refused(refusal) => {
            Error::PropertyValue { path: format!("options.{}", refusal.field), detail: refusal.detail }
        }
        Asked::Lake(callhouse_lake::Error::TooManyJobs { limit }) => Error::TooManyJobs { limit },
        Asked::Lake(error) => Error::Lake(error),
    })?;
    Answer::of(job.id.as_str())
}

fn spec(
    source: &str,
    filters: BTreeMap<String, String>,
    options: Option<Object>,
) -> Result<ExportSpec, Error> {
    let unusable =
        |error: serde_json::Error| Error::PropertyValue { path: "options".to_owned(), detail: error.to_string() };
    let options: Options = match options {
        None => Options::default(),
        Some(Object(members)) => serde_json::from_value(Value::Object(members)).map_err(unusable)?,
    };
    let defaults = ExportSpec::of(source);
    Ok(ExportSpec {
        filters,
        format: options.format,
        gzip: options.gzip,
        columns: options.columns,
        time_zone: options.time_zone.unwrap_or_else(|| defaults.time_zone.clone()),
        csv: options.csv,
        ..defaults
    })
}

fn read_webhook(value: Value) -> Result<Secret, Error> {
    dynamic_webhook::read(value).map_err(|fault| Error::PropertyValue { path: fault.path, detail: fault.detail })
}
