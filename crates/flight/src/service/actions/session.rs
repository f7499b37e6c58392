//! Options of a session ("Arrow Flight RPC", session management). There are two, catalog and schema, with one value
//! each: clients that set them are told whether they are those.
//!
//! `arrow-flight` has no messages for this, so they are declared here.

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message;

use crate::metadata::{CATALOG, SCHEMA};

const OPTIONS: [(&str, &str); 2] = [("catalog", CATALOG), ("schema", SCHEMA)];

#[derive(Clone, PartialEq, Message)]
pub(super) struct SetSessionOptionsRequest {
    #[prost(map = "string, message", tag = "1")]
    pub(super) session_options: HashMap<String, OptionValue>,
}

/// Only texts; other kinds of values are no value of ours.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionValue {
    #[prost(string, optional, tag = "1")]
    pub(super) string_value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct SetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, OptionError>,
}

#[derive(Clone, PartialEq, Message)]
struct OptionError {
    #[prost(int32, tag = "1")]
    value: i32,
}

#[derive(Clone, PartialEq, Message)]
struct GetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    session_options: HashMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct CloseSessionResult {
    #[prost(int32, tag = "1")]
    status: i32,
}

const INVALID_NAME: i32 = 1;
const INVALID_VALUE: i32 = 2;
const CLOSED: i32 = 1;

/// What was wrong with options.
pub(super) fn set(request: &SetSessionOptionsRequest) -> Bytes {
    let wrong = request.session_options.iter().filter_map(|(name, value)| {
        let known = OPTIONS.iter().find(|(known, _)| known == name).map(|(_, only)| *only);
        let why = match known {
            None => INVALID_NAME,
            // Unset, it is what it is by default.
            Some(only) if value.string_value.as_deref().is_none_or(|value| value == only) => return None,
            Some(_) => INVALID_VALUE,
        };
        Some((name.clone(), OptionError { value: why }))
    });
    SetSessionOptionsResult { errors: wrong.collect() }.encode_to_vec().into()
}

pub(super) fn get() -> Bytes {
    let value = |text: &str| OptionValue { string_value: Some(text.to_owned()) };
    let options = OPTIONS.iter().map(|(name, only)| ((*name).to_owned(), value(only)));
    GetSessionOptionsResult { session_options: options.collect() }.encode_to_vec().into()
}

pub(super) fn closed() -> Bytes {
    CloseSessionResult { status: CLOSED }.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_catalog_and_schema_there_are_can_be_set() {
        let option = |name: &str, value: Option<&str>| {
            (name.to_owned(), OptionValue { string_value: value.map(str::to_owned) })
        };
        let options = [option("catalog", Some("callhouse")), option("schema", Some("x")), option("y", None)];
        let told = set(&SetSessionOptionsRequest { session_options: options.into() });
        let errors = SetSessionOptionsResult::decode(told).unwrap().errors;
        let mut errors: Vec<_> = errors.iter().map(|(name, error)| (name.as_str(), error.value)).collect();
        errors.sort_unstable();
        assert_eq!(errors, [("schema", INVALID_VALUE), ("y", INVALID_NAME)]);
    }
}
