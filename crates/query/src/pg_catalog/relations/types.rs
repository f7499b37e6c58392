//! Rows of the types there are.

use super::{Cell, Row, int, text, truth};
use crate::pg_catalog::oids;
use crate::pg_catalog::types::TYPES;

pub(super) fn types() -> Vec<Row> {
    let mut rows = Vec::new();
    for (oid, name, bytes, category, array, _) in TYPES {
        let row = |oid: i64, name: String, bytes: i64, category: &str, element: i64, array: i64| {
            Row::from([
                ("oid", int(oid)),
                ("typname", Cell::Text(name)),
                ("typnamespace", int(oids::CATALOG)),
                ("typowner", int(oids::OWNER)),
                ("typlen", int(bytes)),
                ("typbyval", truth((1..=8).contains(&bytes))),
                ("typtype", text("b")),
                ("typcategory", text(category)),
                ("typispreferred", truth(false)),
                ("typisdefined", truth(true)),
                ("typdelim", text(",")),
                ("typrelid", int(0)),
                ("typsubscript", int(0)),
                ("typelem", int(element)),
                ("typarray", int(array)),
                ("typinput", text(if element > 0 { "array_in" } else { "in" })),
                ("typreceive", text(if element > 0 { "array_recv" } else { "recv" })),
                ("typalign", text("i")),
                ("typstorage", text("p")),
                ("typnotnull", truth(false)),
                ("typbasetype", int(0)),
                ("typtypmod", int(-1)),
                ("typndims", int(0)),
                ("typcollation", int(0)),
            ])
        };
        rows.push(row(*oid, (*name).to_owned(), *bytes, category, 0, *array));
        if *array > 0 {
            rows.push(row(*array, format!("_{name}"), -1, "A", *oid, 0));
        }
    }
    rows
}
