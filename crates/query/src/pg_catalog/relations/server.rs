//! Rows of the server itself: one database, one owner, three namespaces, settings.

use super::{OWNER, Row, int, text, truth};
use crate::pg_catalog::oids;

pub(super) fn namespaces() -> Vec<Row> {
    let row = |oid: i64, name: &str| {
        Row::from([("oid", int(oid)), ("nspname", text(name)), ("nspowner", int(oids::OWNER))])
    };
    vec![
        row(oids::CATALOG, "pg_catalog"),
        row(oids::PUBLIC, "public"),
        row(oids::INFORMATION, "information_schema"),
    ]
}

pub(super) fn databases() -> Vec<Row> {
    vec![Row::from([
        ("oid", int(oids::DATABASE)),
        ("datname", text("callhouse")),
        ("datdba", int(oids::OWNER)),
        ("encoding", int(6)),
        ("datlocprovider", text("c")),
        ("datistemplate", truth(false)),
        ("datallowconn", truth(true)),
        ("datconnlimit", int(-1)),
        ("datcollate", text("C")),
        ("datctype", text("C")),
        ("dattablespace", int(oids::TABLESPACE)),
    ])]
}

pub(super) fn tablespaces() -> Vec<Row> {
    vec![Row::from([
        ("oid", int(oids::TABLESPACE)),
        ("spcname", text("pg_default")),
        ("spcowner", int(oids::OWNER)),
    ])]
}

pub(super) fn access_methods() -> Vec<Row> {
    vec![Row::from([("oid", int(oids::HEAP)), ("amname", text("heap")), ("amtype", text("t"))])]
}

pub(super) fn roles() -> Vec<Row> {
    let no = || truth(false);
    vec![Row::from([
        ("oid", int(oids::OWNER)),
        ("rolname", text(OWNER)),
        ("rolsuper", no()),
        ("rolinherit", no()),
        ("rolcreaterole", no()),
        ("rolcreatedb", no()),
        ("rolcanlogin", no()),
        ("rolreplication", no()),
        ("rolconnlimit", int(-1)),
        ("rolbypassrls", no()),
    ])]
}

pub(super) fn users() -> Vec<Row> {
    let no = || truth(false);
    vec![Row::from([
        ("usesysid", int(oids::OWNER)),
        ("usename", text(OWNER)),
        ("usecreatedb", no()),
        ("usesuper", no()),
        ("userepl", no()),
        ("usebypassrls", no()),
    ])]
}

/// Settings clients ask a table for; what they set and show is the door's.
pub(in crate::pg_catalog) const SETTINGS: &[(&str, &str)] = &[
    ("server_version", crate::pg_catalog::SERVER_VERSION),
    ("server_version_num", "150000"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("search_path", "\"$user\", public"),
    ("standard_conforming_strings", "on"),
    ("default_transaction_read_only", "on"),
    ("transaction_read_only", "on"),
    ("transaction_isolation", "read committed"),
    ("default_transaction_isolation", "read committed"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("integer_datetimes", "on"),
    ("bytea_output", "hex"),
    ("lc_collate", "C"),
    ("lc_ctype", "C"),
];

pub(super) fn settings() -> Vec<Row> {
    let rows = SETTINGS.iter().map(|(name, value)| {
        Row::from([
            ("name", text(name)),
            ("setting", text(value)),
            ("context", text("internal")),
            ("vartype", text("string")),
            ("source", text("default")),
        ])
    });
    rows.collect()
}
