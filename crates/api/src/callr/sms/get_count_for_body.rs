//! `sms.get_count_for_body`: how many parts a text makes, which is what is billed.

use callhouse_core::gsm::{self, Encoding};
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::method::{Answer, Method};
use crate::callr::params::{Fault, FromJson, Object, Params, Properties};

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.get_count_for_body",
    needs: None,
    run: |_, params| Box::pin(std::future::ready(count(params))),
};

fn count(mut params: Params) -> Result<Answer, Error> {
    let body: String = params.required("body")?;
    let mut options = Properties::new("options", params.optional::<Object>("options")?);
    let forced: Option<Encoding> = options.optional("force_encoding")?;
    options.finish()?;
    params.finish()?;
    let counted = match forced {
        Some(encoding) => gsm::count_as(&body, encoding),
        None => gsm::count(&body),
    };
    Answer::of(&counted.parts)
}

impl FromJson for Encoding {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "GSM or UNICODE";
        Self::parse(value.as_str().ok_or(Fault::Type(WANTED))?).ok_or(Fault::Value(WANTED))
    }
}
