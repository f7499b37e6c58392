//! `sms_by(what)`: the table `sms` with one column more, `group_value`, by which a question groups.
//!
//! | what | `group_value` |
//! |---|---|
//! | `account` | `account` |
//! | `direction` | `direction` |
//! | `sender` | `from_number_raw`, so alphanumeric senders, too |
//! | `from_country`, `to_country` | that column |
//! | `destination` | `cost_label` |
//! | `nature`, `encoding`, `status`, `trunk`, `source` | that column |
//! | `NULL` | `NULL`: all messages are one group |

use super::grouped::Spec;

pub(super) const SPEC: Spec = Spec {
    name: "sms_by",
    table: "sms",
    groups: &[
        ("account", "account"),
        ("direction", "direction"),
        ("sender", "from_number_raw"),
        ("from_country", "from_country"),
        ("to_country", "to_country"),
        ("destination", "cost_label"),
        ("nature", "nature"),
        ("encoding", "encoding"),
        ("status", "status"),
        ("trunk", "trunk"),
        ("source", "source"),
    ],
};
