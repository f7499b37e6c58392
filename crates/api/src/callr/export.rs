//! What the `*.export_async` methods share: their webhook, their options, and putting the job into the queue.

use std::collections::BTreeMap;

use callhouse_core::AccountId;
use callhouse_exports::{Asked, CsvOptions, ExportSpec, Format};
use callhouse_lake::webhooks::Dynamic;
use serde::Deserialize;
use serde_json::Value;

use crate::app::App;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context};
use crate::callr::params::{FromJson, Object, Params};
use crate::callr::webhooks::read_dynamic;
use crate::status::{Problem, chain};

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

/// Reads webhook and options, and asks for the export. The result is the id of the job.
pub(super) async fn ask(
    context: &Context,
    mut params: Params,
    source: &str,
    filters: BTreeMap<String, String>,
) -> Result<Answer, Error> {
    let webhook: Option<Object> = params.optional("webhook")?;
    let options: Option<Object> = params.optional("options")?;
    params.finish()?;
    let spec = spec(source, filters, options)?;
    let principal = &context.principal;
    let webhook = read_dynamic(&context.app, &principal.account, webhook).await?;
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
    let unusable = |error: serde_json::Error| Error::PropertyValue {
        path: "options".to_owned(),
        detail: error.to_string(),
    };
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

/// The webhook of a request to a REST door, in the form that jobs keep.
///
/// # Errors
/// [`Problem::Parameter`], which names the member at fault.
pub(crate) async fn webhook_of_request(
    app: &App,
    account: &AccountId,
    value: Option<Value>,
) -> Result<Option<Dynamic>, Problem> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let refused = |detail: &str| Problem::Parameter { detail: format!("webhook: {detail}") };
    let object = Object::from_json(value).map_err(|_| refused("must be an object"))?;
    match read_dynamic(app, account, Some(object)).await {
        Ok(webhook) => Ok(webhook),
        Err(Error::Lake(error)) => {
            tracing::error!(error = chain(&error), "a webhook could not be kept");
            Err(Problem::Unavailable { detail: "the catalog does not answer" })
        }
        Err(error) => Err(Problem::Parameter { detail: format!("{}: {}", error.message(), error.detail()) }),
    }
}
