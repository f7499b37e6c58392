//! The filters of `webhooks.search_logs` and `webhooks.replay`: those of CALLR's `Webhook.Log.Search.Filters`, and those
//! callhouse adds.

use callhouse_core::Timestamp;
use callhouse_core::time::MICROS_PER_DAY;
use callhouse_query::Params;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::params::{Fault, FromJson, Object, Properties};

/// A day, or a second of one.
struct EventDate {
    from: Timestamp,
    to: Timestamp,
}

impl FromJson for EventDate {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str =
            "a day such as \"2024-04-24\" or a datetime such as \"2024-04-24 23:42:00\", UTC";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        if let Some(from) = format::parse_datetime(text) {
            return Ok(Self { from, to: format::after_second(from) });
        }
        let from = format::parse_datetime(&format!("{text} 00:00:00")).ok_or(Fault::Value(WANTED))?;
        Ok(Self { from, to: from.plus_micros(MICROS_PER_DAY) })
    }
}

/// An HTTP status, as the string CALLR documents or as a number.
struct HttpCode(i64);

impl FromJson for HttpCode {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "an HTTP status such as \"500\"";
        match &value {
            Value::Number(code) => code.as_i64().map(Self).ok_or(Fault::Value(WANTED)),
            Value::String(code) => code.parse().map(Self).map_err(|_| Fault::Value(WANTED)),
            _ => Err(Fault::Type(WANTED)),
        }
    }
}

/// Reads `filters` into the parameters of `queries/webhook_log_search.sql`.
pub(in crate::callr::webhooks) fn read(filters: Option<Object>) -> Result<Params, Error> {
    let mut filters = Properties::new("filters", filters);
    let mut params = Params::new();
    for (property, parameter) in [
        ("endpoint", "endpoint"),
        ("event_id", "event_id"),
        ("hook_hash", "hook_hash"),
        ("status", "status"),
        ("type", "event_type"),
        ("about", "about"),
    ] {
        params.insert(parameter.to_owned(), filters.optional::<String>(property)?.into());
    }
    if let Some(EventDate { from, to }) = filters.optional("event_date")? {
        params.insert("event_from".to_owned(), from.into());
        params.insert("event_to".to_owned(), to.into());
    }
    let code = filters.optional::<HttpCode>("http_code")?.map(|code| code.0);
    params.insert("http_code".to_owned(), code.into());
    params.insert("try_number".to_owned(), filters.optional::<i64>("try")?.into());
    let from: Option<Timestamp> = filters.optional("from")?;
    let to: Option<Timestamp> = filters.optional("to")?;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::ToBeforeFrom);
    }
    params.insert("from".to_owned(), from.into());
    params.insert("to".to_owned(), to.map(format::after_second).into());
    filters.finish()?;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use callhouse_query::Param;
    use serde_json::json;

    use super::*;

    fn params(filters: Value) -> Result<Params, String> {
        read(Object::from_json(filters).ok()).map_err(|error| error.message())
    }

    #[test]
    fn every_documented_filter_reaches_the_query() {
        let found = params(json!({
            "endpoint": "e", "event_date": "2024-04-24", "event_id": "i", "hook_hash": "h", "http_code": "500",
            "status": "HTTP_ERROR", "try": 3, "type": "call.inbound_start", "about": "c1"
        }))
        .expect("good filters");
        let value = |name: &str| found.get(name).cloned().unwrap_or(Param::Null);
        assert_eq!(value("endpoint"), "e".into());
        assert_eq!(value("event_id"), "i".into());
        assert_eq!(value("hook_hash"), "h".into());
        assert_eq!(value("status"), "HTTP_ERROR".into());
        assert_eq!(value("event_type"), "call.inbound_start".into());
        assert_eq!(value("about"), "c1".into());
        assert_eq!((value("http_code"), value("try_number")), (Param::Int(500), Param::Int(3)));
        let day = format::parse_datetime("2024-04-24 00:00:00").expect("a day");
        assert_eq!(value("event_from"), day.into());
        assert_eq!(value("event_to"), day.plus_micros(MICROS_PER_DAY).into());
        assert_eq!(value("from"), Param::Null);
    }

    #[test]
    fn bad_filters_are_named() {
        for (filters, message) in [
            (json!({"event_date": "yesterday"}), "PROPERTY_VALUE_ERROR [filters.event_date]"),
            (json!({"http_code": "five"}), "PROPERTY_VALUE_ERROR [filters.http_code]"),
            (json!({"try": "0"}), "PROPERTY_TYPE_ERROR [filters.try]"),
            (json!({"colour": "red"}), "PROPERTY_UNKNOWN [filters.colour]"),
            (json!({"from": "2024-01-02 00:00:00", "to": "2024-01-01 00:00:00"}), "TO_BEFORE_FROM"),
        ] {
            assert_eq!(params(filters.clone()), Err(message.to_owned()), "{filters}");
        }
        assert!(params(json!({})).is_ok() && params(json!([])).is_ok());
    }
}
