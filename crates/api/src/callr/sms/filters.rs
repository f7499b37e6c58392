//! CALLR's `SMS.SearchFilters`, and the filter callhouse adds, as the parameters of `queries/sms_search.sql`.

use callhouse_core::event::call::Direction;
use callhouse_core::event::sms::Nature;
use callhouse_core::record::sms::Status;
use callhouse_core::{Timestamp, phone};
use callhouse_query::{Param, Params};
use serde_json::Value;

use crate::callr::error::Error;
use crate::callr::format;
use crate::callr::params::{Fault, FilterText, FromJson, Hash, Object, Properties};

/// Reads `filters`. There is no limit to how far back they reach.
pub(super) fn read(filters: Option<Object>) -> Result<Params, Error> {
    let mut filters = Properties::new("filters", filters);
    let mut params = Params::new();
    let mut set = |name: &str, value: Param| params.insert(name.to_owned(), value);
    let from: Option<Timestamp> = filters.optional("created_at_from")?;
    let to: Option<Timestamp> = filters.optional("created_at_to")?;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Error::ToBeforeFrom);
    }
    set("from", from.into());
    set("to", to.map(format::after_second).into());
    let direction: Option<Direction> = filters.optional("type")?;
    set("direction", direction.map(Direction::as_str).into());
    set("hash", filters.optional::<Hash>("hash")?.map(|hash| hash.0).into());
    set("sms_id", text(&mut filters, "id")?.into());
    set("nature", filters.optional::<Nature>("nature")?.map(Nature::as_str).into());
    set("status", filters.optional::<Status>("status")?.map(Status::as_str).into());
    set("user_data", text(&mut filters, "user_data")?.into());
    set("text", text(&mut filters, "text")?.into());
    for (property, e164, raw) in
        [("from", "from_number", "from_number_raw"), ("to", "to_number", "to_number_raw")]
    {
        // Asked for in any international form, a number is looked for in its E.164 column alone; other texts can only be
        // what a source wrote.
        let Some(asked) = text(&mut filters, property)? else { continue };
        match phone::normalise(&asked).e164 {
            Some(number) => set(e164, Param::from(&*number)),
            None => set(raw, asked.into()),
        };
    }
    filters.finish()?;
    params.retain(|_, value| *value != Param::Null);
    Ok(params)
}

fn text(filters: &mut Properties, name: &'static str) -> Result<Option<String>, Error> {
    filters.optional::<FilterText>(name).map(|text| text.map(|text| text.0))
}

impl FromJson for Nature {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "ALERTING or MARKETING";
        Self::parse(value.as_str().ok_or(Fault::Type(WANTED))?).ok_or(Fault::Value(WANTED))
    }
}

impl FromJson for Status {
    fn from_json(value: Value) -> Result<Self, Fault> {
        const WANTED: &str = "CREATED, ERROR, EXPIRED, FAILED, PENDING, RECEIVED, REMOTE_QUEUED or SENT";
        Self::parse(value.as_str().ok_or(Fault::Type(WANTED))?).ok_or(Fault::Value(WANTED))
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::time::MICROS_PER_DAY;
    use serde_json::json;

    use super::*;

    fn params(filters: Value) -> Result<Params, String> {
        read(Object::from_json(filters).ok()).map_err(|error| error.message())
    }

    #[test]
    fn every_documented_filter_reaches_the_query() {
        let found = params(json!({
            "created_at_from": "2024-04-24 00:00:00", "created_at_to": "2024-04-24 23:59:59", "from": "ACME",
            "hash": "8242D945", "nature": "ALERTING", "status": "REMOTE_QUEUED", "text": "hi", "to": "0033612345678",
            "type": "OUT", "user_data": "u", "id": "s1"
        }))
        .expect("good filters");
        let day = format::parse_datetime("2024-04-24 00:00:00").expect("a day");
        let expected = [
            ("direction", "outbound".into()),
            ("from", day.into()),
            // Up to and with the last second (TIM-1).
            ("to", day.plus_micros(MICROS_PER_DAY).into()),
            ("from_number_raw", "ACME".into()),
            ("to_number", "+33612345678".into()),
            ("hash", "8242D945".into()),
            ("nature", "ALERTING".into()),
            ("status", "REMOTE_QUEUED".into()),
            ("text", "hi".into()),
            ("user_data", "u".into()),
            ("sms_id", "s1".into()),
        ];
        let expected: Params = expected.map(|(name, value): (&str, Param)| (name.to_owned(), value)).into();
        assert_eq!(found, expected);
        assert_eq!(params(json!({})), Ok(Params::new()));
        assert_eq!(params(json!({"type": null})), Ok(Params::new()));
    }

    #[test]
    fn bad_filters_are_named() {
        for (filters, message) in [
            (json!({"type": "BOTH"}), "PROPERTY_VALUE_ERROR [filters.type]"),
            (json!({"hash": "x"}), "PROPERTY_VALUE_ERROR [filters.hash]"),
            (json!({"nature": "alerting"}), "PROPERTY_VALUE_ERROR [filters.nature]"),
            (json!({"status": "DELIVERED"}), "PROPERTY_VALUE_ERROR [filters.status]"),
            (json!({"status": 1}), "PROPERTY_TYPE_ERROR [filters.status]"),
            (json!({"text": ""}), "PROPERTY_VALUE_ERROR [filters.text]"),
            (json!({"to": 33612345678_i64}), "PROPERTY_TYPE_ERROR [filters.to]"),
            (json!({"created_at_from": "yesterday"}), "PROPERTY_VALUE_ERROR [filters.created_at_from]"),
            (json!({"body": "x"}), "PROPERTY_UNKNOWN [filters.body]"),
            (
                json!({"created_at_from": "2024-01-02 00:00:00", "created_at_to": "2024-01-01 00:00:00"}),
                "TO_BEFORE_FROM",
            ),
        ] {
            assert_eq!(params(filters.clone()), Err(message.to_owned()), "{filters}");
        }
    }
}
