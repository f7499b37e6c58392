//! `calls_by(what)`: the table `calls` with one column more, `group_value`, by which a question groups.
//!
//! | what | `group_value` |
//! |---|---|
//! | `account` | `account` |
//! | `app` | `app_hash` |
//! | `did` | `did_number` |
//! | `direction` | `direction` |
//! | `from_country`, `to_country` | that column |
//! | `destination` | `cost_label` |
//! | `trunk`, `source` | that column |
//! | `NULL` | `NULL`: all calls are one group |

use super::grouped::Spec;

pub(super) const SPEC: Spec = Spec {
    name: "calls_by",
    table: "calls",
    groups: &[
        ("account", "account"),
        ("app", "app_hash"),
        ("did", "did_number"),
        ("direction", "direction"),
        ("from_country", "from_country"),
        ("to_country", "to_country"),
        ("destination", "cost_label"),
        ("trunk", "trunk"),
        ("source", "source"),
    ],
};
