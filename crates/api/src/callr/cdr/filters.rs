//! The filters of `cdr.search`: those of CALLR's `CDR.SearchFilters`, and those callhouse adds.

use callhouse_core::Timestamp;
use callhouse_core::event::call::{DialStatus, Direction};
use callhouse_query::CallSearch;
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::params::{CallId, Count, Fault, FilterText, FromJson, Hash, Object, Properties};

/// Reads `filters` into a search that has no order and no page yet.
pub(super) fn read(filters: Option<Object>) -> Result<(Direction, CallSearch), Error> {
    let mut filters = Properties::new("filters", filters);
    let direction: Direction = filters.required("type")?;
    let from: Option<Timestamp> = filters.optional("from")?;
    let to: Option<Timestamp> = filters.optional("to")?;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::ToBeforeFrom);
    }
    let search = CallSearch {
        direction: Some(direction),
        started_from: from,
        started_to: to.map(format::after_second),
        app_hash: filters.optional::<Hash>("app")?.map(|hash| hash.0),
        did_hash: filters.optional::<Hash>("did")?.map(|hash| hash.0),
        call_id: text(&mut filters, "hash")?,
        callid: filters.optional::<CallId>("callid")?.map(|id| id.0),
        number: text(&mut filters, "number")?,
        cli_number: text(&mut filters, "cli_number")?,
        customer_field: text(&mut filters, "customer_field")?,
        release_cause: count(&mut filters, "hangupcause")?,
        dial_status: filters.optional::<DialStatus>("dialstatus")?.map(|status| status.as_str().to_owned()),
        duration_min_seconds: count(&mut filters, "duration_min")?,
        duration_max_seconds: count(&mut filters, "duration_max")?,
        ..CallSearch::default()
    };
    filters.finish()?;
    Ok((direction, search))
}

fn text(filters: &mut Properties, name: &'static str) -> Result<Option<String>, Error> {
    filters.optional::<FilterText>(name).map(|text| text.map(|text| text.0))
}

fn count(filters: &mut Properties, name: &'static str) -> Result<Option<i64>, Error> {
    let Some(Count(count)) = filters.optional(name)? else { return Ok(None) };
    i64::try_from(count).map(Some).map_err(|_| filters.unusable(name, "beyond every value there is"))
}

impl FromJson for DialStatus {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "ANSWER, BUSY, CANCEL, CHANUNAVAIL, CONGESTION, NOANSWER or NODIAL";
        let text = value.as_str().ok_or(Fault::Type(WANTED))?;
        Self::parse(text).ok_or(Fault::Value(WANTED))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn search(filters: Value) -> Result<CallSearch, String> {
        let object = Object::from_json(filters).expect("an object");
        read(Some(object)).map(|(_, search)| search).map_err(|error| error.message())
    }

    #[test]
    fn tim_1_the_last_second_of_a_range_is_included() {
        let search = search(json!({
            "type": "IN", "from": "2024-01-01 00:00:00", "to": "2024-01-01 23:59:59"
        }))
        .expect("good filters");
        let day = search.started_to.zip(search.started_from).map(|(to, from)| to.micros_since(from));
        assert_eq!(day, Some(callhouse_core::time::MICROS_PER_DAY));
    }

    #[test]
    fn every_filter_reaches_the_search() {
        let found = search(json!({
            "type": "OUT", "app": "8242D945", "did": "AAAAAAAA", "hash": "x", "callid": 7, "number": "+33612345678",
            "cli_number": "+336*", "customer_field": "c", "hangupcause": 16, "dialstatus": "BUSY",
            "duration_min": 1, "duration_max": 2
        }))
        .expect("good filters");
        let expected = CallSearch {
            direction: Some(Direction::Outbound),
            app_hash: Some("8242D945".to_owned()),
            did_hash: Some("AAAAAAAA".to_owned()),
            call_id: Some("x".to_owned()),
            callid: Some(7),
            number: Some("+33612345678".to_owned()),
            cli_number: Some("+336*".to_owned()),
            customer_field: Some("c".to_owned()),
            release_cause: Some(16),
            dial_status: Some("BUSY".to_owned()),
            duration_min_seconds: Some(1),
            duration_max_seconds: Some(2),
            ..CallSearch::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn bad_filters_are_named() {
        let cases = [
            (json!({}), "PROPERTY_MISSING [filters.type]"),
            (json!({"type": null}), "PROPERTY_MISSING [filters.type]"),
            (json!({"type": "BOTH"}), "PROPERTY_VALUE_ERROR [filters.type]"),
            (json!({"type": "IN", "app": "x"}), "PROPERTY_VALUE_ERROR [filters.app]"),
            (json!({"type": "IN", "app": 1}), "PROPERTY_TYPE_ERROR [filters.app]"),
            (json!({"type": "IN", "dialstatus": "answer"}), "PROPERTY_VALUE_ERROR [filters.dialstatus]"),
            (json!({"type": "IN", "number": ""}), "PROPERTY_VALUE_ERROR [filters.number]"),
            (json!({"type": "IN", "duration_min": 1.5}), "PROPERTY_TYPE_ERROR [filters.duration_min]"),
            (json!({"type": "IN", "duration_max": u64::MAX}), "PROPERTY_VALUE_ERROR [filters.duration_max]"),
            (json!({"type": "IN", "from": "1970-01-01 00:00:00"}), "PROPERTY_VALUE_ERROR [filters.from]"),
            (json!({"type": "IN", "Number": "+1"}), "PROPERTY_UNKNOWN [filters.Number]"),
            (
                json!({"type": "IN", "from": "2024-01-02 00:00:00", "to": "2024-01-01 23:59:59"}),
                "TO_BEFORE_FROM",
            ),
        ];
        for (filters, message) in cases {
            assert_eq!(search(filters.clone()), Err(message.to_owned()), "{filters}");
        }
    }
}
