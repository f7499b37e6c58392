//! Names the field at fault in a message that did not parse. Slow, and only for bad messages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::attributes::TEXT_ATTRIBUTES;
use crate::event::text::Text;
use crate::rejection::{Rejection, RejectionReason};

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// What is wrong with an envelope serde refused.
pub(super) fn envelope_fault(text: &str, error: &serde_json::Error) -> Rejection {
    if error.classify() != Category::Data {
        return Rejection::new(RejectionReason::Malformed, error.to_string());
    }
    let Ok(members) = serde_json::from_str::<Members<'_>>(text) else {
        return Rejection::new(RejectionReason::WrongType, "an event is a JSON object");
    };
    for field in TEXT_ATTRIBUTES {
        let fault = members.get(field).and_then(|raw| Option::<Text<'_>>::deserialize(*raw).err());
        if let Some(fault) = fault {
            return field_fault(field, &fault);
        }
    }
    Rejection::new(RejectionReason::Malformed, error.to_string())
}

/// What is wrong with data that is no JSON.
pub(super) fn not_json(error: &serde_json::Error) -> Rejection {
    Rejection::new(RejectionReason::Malformed, format!("data: {error}"))
}

/// What is wrong with `data` of a known family that serde refused.
pub(in crate::event) fn data_fault<D: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Rejection {
    if error.classify() != Category::Data {
        return not_json(error);
    }
    let Ok(members) = serde_json::from_str::<Members<'_>>(text) else {
        return Rejection::new(RejectionReason::WrongType, "data: not a JSON object");
    };
    for (field, value) in members {
        let alone = BTreeMap::from([(field.as_ref(), value)]);
        let Ok(alone) = serde_json::to_string(&alone) else { continue };
        if let Err(fault) = serde_json::from_str::<D>(&alone) {
            return field_fault(&format!("data.{field}"), &fault);
        }
    }
    Rejection::new(RejectionReason::Malformed, format!("data: {}", without_place(error)))
}

fn field_fault(field: &str, error: &serde_json::Error) -> Rejection {
    let fault = without_place(error);
    let reason = match error.classify() {
        Category::Data if fault.starts_with("invalid type") => RejectionReason::WrongType,
        Category::Data => RejectionReason::InvalidValue,
        Category::Io | Category::Syntax | Category::Eof => RejectionReason::Malformed,
    };
    Rejection::new(reason, format!("{field}: {fault}"))
}

/// The message without serde_json's line and column, which count within a text nobody has seen.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(fault, _)| fault.to_owned())
}
