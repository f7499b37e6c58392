//! What calls are summed by.

use super::dimension::{Count, Counted, Value};
use super::{Bucket, Dimension, FamilySums};
use crate::family::Family;

pub(super) static SUMS: FamilySums = FamilySums {
    function: "call_sums",
    counts: &[
        Count { name: "calls", of: Counted::Records },
        Count { name: "answered_calls", of: Counted::Present("answered_at") },
        Count { name: "talk_seconds", of: Counted::Sum("talk_seconds") },
    ],
    amounts: &["debit", "credit"],
    dimensions: &[&TOTAL, &APP, &FROM_COUNTRY, &TO_COUNTRY, &DESTINATION, &DID, &CALLER],
};

static TOTAL: Dimension =
    Dimension { bucket: Bucket::Hour, values: &[], required_values: 0, ..by_day("total", None, &[]) };

static APP: Dimension = by_day("app", None, &[Value::Column("app_hash")]);

static FROM_COUNTRY: Dimension = by_day("from_country", Some("inbound"), &[Value::Column("from_country")]);

static TO_COUNTRY: Dimension = by_day("to_country", Some("outbound"), &[Value::Column("to_country")]);

static DESTINATION: Dimension = by_day("destination", Some("outbound"), &[Value::Column("cost_label")]);

static DID: Dimension = Dimension {
    required_values: 2,
    ..by_day(
        "did",
        Some("inbound"),
        &[Value::Column("did_hash"), Value::Column("did_number"), Value::Column("cost_label")],
    )
};

/// Inbound calls by calling number, only counted; `sums/callers.rs` counts different ones.
pub(super) static CALLER: Dimension = Dimension {
    bucket: Bucket::Month,
    is_only_counted: true,
    ..by_day("caller", Some("inbound"), &[Value::Caller])
};

/// A dimension of which the first value is required.
const fn by_day(name: &'static str, direction: Option<&'static str>, values: &'static [Value]) -> Dimension {
    Dimension {
        family: Family::Calls,
        name,
        bucket: Bucket::Day,
        direction,
        values,
        required_values: 1,
        is_only_counted: false,
    }
}
