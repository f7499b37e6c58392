//! What text messages are summed by.

use super::dimension::{Count, Counted, Value};
use super::{Bucket, Dimension, FamilySums};
use crate::family::Family;

pub(super) static SUMS: FamilySums = FamilySums {
    function: "sms_sums",
    counts: &[
        Count { name: "messages", of: Counted::Records },
        Count { name: "parts", of: Counted::Sum("parts") },
    ],
    amounts: &["debit", "credit"],
    dimensions: &[&TOTAL, &STATUS],
};

static TOTAL: Dimension = by_hour("total", &[]);

/// By where messages stand: a message that moves on is taken from the one sum and added to the other as long as it is
/// in the overlay, and settles in the other.
static STATUS: Dimension = by_hour("status", &[Value::Column("status")]);

const fn by_hour(name: &'static str, values: &'static [Value]) -> Dimension {
    Dimension {
        family: Family::Sms,
        name,
        bucket: Bucket::Hour,
        direction: None,
        values,
        required_values: 0,
        is_only_counted: false,
    }
}
