//! `list.number_infos`: what there is to tell of a number. Whatever is written is answered, never an error.

use callhouse_core::phone;
use serde::Serialize;
use serde_json::Value;

use super::countries::COUNTRIES;
use crate::callr::error::Error;
use crate::callr::method::{Answer, Method};
use crate::callr::params::{Fault, FromJson, Params};

pub(in crate::callr) const METHOD: Method =
    Method { name: "list.number_infos", needs: None, run: |_, params| Box::pin(run(params)) };

/// CALLR's `NumberInfos`.
#[derive(Serialize)]
struct NumberInfos {
    country_code: Option<String>,
    intl_code: Option<String>,
    intl_number: Option<String>,
    is_valid: bool,
    local_number: Option<String>,
    local_prefix: Option<&'static str>,
    location: Option<&'static str>,
    r#type: Option<&'static str>,
}

/// A number however it is written. Some clients send digits as a number.
struct Written(String);

impl FromJson for Written {
    fn from_json(value: Value) -> Result<Self, Fault> {
        Ok(Self(match value {
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

async fn run(mut params: Params) -> Result<Answer, Error> {
    let number: Option<Written> = params.optional("number")?;
    params.finish()?;
    let details = number.map(|number| phone::details(&number.0)).unwrap_or_default();
    let country = details.number.country.as_deref();
    let location = country.and_then(|code| COUNTRIES.get(code)).map(|country| country.country_label);
    Answer::of(&NumberInfos {
        country_code: country.map(str::to_owned),
        intl_code: details.calling_code.map(|code| code.to_string()),
        intl_number: details.number.e164.as_deref().map(str::to_owned),
        is_valid: details.number.number_type.is_some(),
        local_number: details.national,
        local_prefix: details.trunk_prefix,
        location,
        r#type: details.number.number_type,
    })
}
