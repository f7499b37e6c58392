//! Reading parameters: positional ones by name, and the properties of those that are objects.

use std::collections::BTreeSet;

use callhouse_core::Timestamp;
use callhouse_core::event::call::Direction;
use serde_json::{Map, Value};

use crate::callr::error::Error;
use crate::callr::format;

/// Why a JSON value is not what it should be; the text says what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another JSON type.
    Type(&'static str),
    /// The right type in the wrong form: for a parameter the same as a wrong type, as CALLR has it.
    Format(&'static str),
    /// A value that cannot be used.
    Value(&'static str),
}

/// A type that a parameter or property can have.
pub(super) trait FromJson: Sized {
    fn from_json(value: Value) -> Result<Self, Fault>;
}

/// The positional parameters, taken one after the other.
#[derive(Debug)]
pub(super) struct Params {
    values: std::vec::IntoIter<Value>,
    taken: usize,
}

impl Params {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), taken: 0 }
    }

    /// The next parameter, which must be there and not null.
    pub(super) fn required<T: FromJson>(&mut self, name: &str) -> Result<T, Error> {
        self.optional(name)?.ok_or_else(|| Error::ParamFormat {
            param: name.to_owned(),
            detail: format!("parameter {} must be there and not null", self.taken),
        })
    }

    /// The next parameter, which may be null or, when it is among the last, left out.
    pub(super) fn optional<T: FromJson>(&mut self, name: &str) -> Result<Option<T>, Error> {
        self.taken += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::from_json(value).map(Some).map_err(|fault| of_param(fault, name)),
        }
    }

    /// Refuses parameters nobody asked for. Nulls are fine: SDKs pad with them.
    pub(super) fn finish(self) -> Result<(), Error> {
        let expected = self.taken;
        if self.values.into_iter().all(|value| value.is_null()) {
            Ok(())
        } else {
            Err(Error::TooManyParams { expected })
        }
    }
}

/// The properties of an object parameter, taken one after the other.
#[derive(Debug)]
pub(super) struct Properties {
    path: &'static str,
    values: Map<String, Value>,
    known: BTreeSet<&'static str>,
}

impl Properties {
    /// The properties of the parameter `path`; none when it is absent.
    pub(super) fn new(path: &'static str, object: Option<Object>) -> Self {
        let values = object.map(|object| object.0).unwrap_or_default();
        Self { path, values, known: BTreeSet::new() }
    }

    pub(super) fn required<T: FromJson>(&mut self, name: &'static str) -> Result<T, Error> {
        self.optional(name)?.ok_or_else(|| Error::PropertyMissing { path: self.path(name) })
    }

    /// A property that may be null or left out.
    pub(super) fn optional<T: FromJson>(&mut self, name: &'static str) -> Result<Option<T>, Error> {
        self.known.insert(name);
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::from_json(value).map(Some).map_err(|fault| of_property(fault, self.path(name))),
        }
    }

    /// A property for which null is another thing than to leave it out: `None` when it is left out.
    pub(super) fn given<T: FromJson>(&mut self, name: &'static str) -> Result<Option<Option<T>>, Error> {
        let given = self.values.contains_key(name);
        let value = self.optional(name)?;
        Ok(given.then_some(value))
    }

    /// An error that blames one property.
    pub(super) fn unusable(&self, name: &str, detail: impl Into<String>) -> Error {
        Error::PropertyValue { path: self.path(name), detail: detail.into() }
    }

    /// Refuses properties nobody asked for: a misspelt filter must not silently find everything.
    pub(super) fn finish(self) -> Result<(), Error> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Error::PropertyUnknown { path: self.path(name), known: self.known.into_iter().collect() })
            }
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}

fn of_param(fault: Fault, name: &str) -> Error {
    match fault {
        Fault::Type(wanted) | Fault::Format(wanted) => {
            Error::ParamFormat { param: name.to_owned(), detail: format!("{name} must be {wanted}") }
        }
        Fault::Value(wanted) => {
            Error::PropertyValue { path: name.to_owned(), detail: format!("{name} must be {wanted}") }
        }
    }
}

fn of_property(fault: Fault, path: String) -> Error {
    match fault {
        Fault::Type(wanted) => Error::PropertyType { detail: format!("{path} must be {wanted}"), path },
        Fault::Format(wanted) | Fault::Value(wanted) => {
            Error::PropertyValue { detail: format!("{path} must be {wanted}"), path }
        }
    }
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(Fault::Type("a string")),
        }
    }
}

impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Fault> {
        Ok(value)
    }
}

impl FromJson for i64 {
    fn from_json(value: Value) -> Result<Self, Fault> {
        value.as_i64().ok_or(Fault::Type("an integer"))
    }
}

impl FromJson for bool {
    fn from_json(value: Value) -> Result<Self, Fault> {
        value.as_bool().ok_or(Fault::Type("true or false"))
    }
}

/// An integer that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) u64);

impl FromJson for Count {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value.as_u64() {
            Some(count) => Ok(Self(count)),
            None if value.is_i64() => Err(Fault::Value("an integer from 0 up")),
            None => Err(Fault::Type("an integer")),
        }
    }
}

/// A `callid`: an integer, or its digits in a string for clients whose numbers end at 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallId(pub(super) i64);

impl FromJson for CallId {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match &value {
            Value::Number(number) => number.as_i64().map(Self).ok_or(Fault::Value("a call id below 2^63")),
            Value::String(digits) => {
                digits.parse().map(Self).map_err(|_| Fault::Value("a call id below 2^63"))
            }
            _ => Err(Fault::Type("an integer")),
        }
    }
}

impl FromJson for Timestamp {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "a datetime such as \"2024-04-24 23:42:00\", UTC, of the years 2000 to 2999";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        format::parse_datetime(text).ok_or(Fault::Format(WANTED))
    }
}

impl FromJson for Direction {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value.as_str() {
            Some("IN") => Ok(Self::Inbound),
            Some("OUT") => Ok(Self::Outbound),
            _ => Err(Fault::Format("\"IN\" or \"OUT\"")),
        }
    }
}

/// A `hash`: 8 of `A-Z0-9`. An ill-formed one is a value error at CALLR, as an unknown one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hash(pub(super) String);

impl FromJson for Hash {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "a hash of 8 characters A-Z 0-9";
        match value {
            Value::String(text) if format::is_hash(&text) => Ok(Self(text)),
            Value::String(_) => Err(Fault::Value(WANTED)),
            _ => Err(Fault::Type(WANTED)),
        }
    }
}

/// An object. PHP clients write an empty one as `[]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object(pub(super) Map<String, Value>);

impl FromJson for Object {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::Object(properties) => Ok(Self(properties)),
            Value::Array(elements) if elements.is_empty() => Ok(Self(Map::new())),
            _ => Err(Fault::Type("an object")),
        }
    }
}

/// Text to be found as it is: not empty and not absurdly long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterText(pub(super) String);

/// Characters of a text filter; longer ones match nothing and only cost.
const MAX_FILTER_CHARACTERS: usize = 255;

impl FromJson for FilterText {
    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) if text.is_empty() || text.chars().count() > MAX_FILTER_CHARACTERS => {
                Err(Fault::Value("text of 1 to 255 characters"))
            }
            Value::String(text) => Ok(Self(text)),
            _ => Err(Fault::Type("a string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(value: Value) -> Params {
        Params::new(value.as_array().cloned().unwrap_or_default())
    }

    #[test]
    fn trailing_nullable_params_may_be_null_or_missing() {
        for list in [json!(["IN"]), json!(["IN", null]), json!(["IN", null, null])] {
            let mut params = params(list);
            assert_eq!(params.required("type").ok(), Some(Direction::Inbound));
            assert!(matches!(params.optional::<Hash>("app"), Ok(None)));
            assert!(params.finish().is_ok());
        }
    }

    #[test]
    fn a_wrong_param_is_named() {
        let message = |error: Error| error.message();
        let type_of = |value| params(json!([value])).required::<Direction>("type").map_err(message);
        for bad in [json!(null), json!("in"), json!(1)] {
            assert_eq!(type_of(bad), Err("INVALID_PARAM_FORMAT [type]".to_owned()));
        }
        let app = |value| params(json!([value])).optional::<Hash>("app").map_err(message);
        assert_eq!(app(json!("INVALID_APP_ID")), Err("PROPERTY_VALUE_ERROR [app]".to_owned()));
        assert_eq!(app(json!(17)), Err("INVALID_PARAM_FORMAT [app]".to_owned()));
        let from = |value| params(json!([value])).required::<Timestamp>("from").map_err(message);
        assert_eq!(from(json!("yesterday")), Err("INVALID_PARAM_FORMAT [from]".to_owned()));
        assert_eq!(params(json!([1])).finish().map_err(message), Err("TOO_MANY_PARAMS".to_owned()));
    }

    #[test]
    fn a_wrong_property_is_named_with_its_path() {
        let take = |object: Value| {
            let object = Object::from_json(object).expect("an object");
            let mut properties = Properties::new("filters", Some(object));
            properties.required::<Direction>("type")?;
            properties.optional::<Count>("duration_min")?;
            properties.finish()
        };
        let message = |object| take(object).map_err(|error| error.message());
        let failure = |text: &str| Err(text.to_owned());
        assert_eq!(message(json!({"type": "IN", "duration_min": 3})), Ok(()));
        assert_eq!(message(json!({})), failure("PROPERTY_MISSING [filters.type]"));
        assert_eq!(message(json!([])), failure("PROPERTY_MISSING [filters.type]"));
        assert_eq!(message(json!({"type": "X"})), failure("PROPERTY_VALUE_ERROR [filters.type]"));
        assert_eq!(
            message(json!({"type": "IN", "duration_min": "3"})),
            failure("PROPERTY_TYPE_ERROR [filters.duration_min]")
        );
        assert_eq!(
            message(json!({"type": "IN", "duration_min": -3})),
            failure("PROPERTY_VALUE_ERROR [filters.duration_min]")
        );
        assert_eq!(message(json!({"type": "IN", "colour": 1})), failure("PROPERTY_UNKNOWN [filters.colour]"));
    }

    #[test]
    fn call_ids_beyond_javascript_come_in_as_strings() {
        let read = |value| CallId::from_json(value).ok().map(|id| id.0);
        assert_eq!(read(json!(i64::MAX)), Some(i64::MAX));
        assert_eq!(read(json!("9223372036854775807")), Some(i64::MAX));
        assert_eq!(read(json!(u64::MAX)), None);
        assert_eq!(read(json!("x")), None);
    }
}
