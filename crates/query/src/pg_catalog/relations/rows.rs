//! The rows of the relations, and what else is known of tables and types by number.

use super::{Cell, Row};
use crate::documents::{self, ColumnDocument};

/// The namespace of our tables, and the one of these relations, as in PostgreSQL.
const PUBLIC_OID: i64 = 2_200;
const CATALOG_OID: i64 = 11;
const OWNER_OID: i64 = 10;
const DATABASE_OID: i64 = 16_384;
/// The first of our tables; the others follow.
const FIRST_TABLE_OID: i64 = 16_385;
/// `pg_class` itself, which descriptions refer to.
const PG_CLASS_OID: i64 = 1_259;
const HEAP_OID: i64 = 2;
pub(in crate::pg_catalog) const OWNER: &str = "callhouse";

fn int(value: i64) -> Cell {
    Cell::Int(value)
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

const fn truth(value: bool) -> Cell {
    Cell::Bool(value)
}

/// The oid of a table of ours, by its place among the documents.
fn table_oid(index: usize) -> i64 {
    FIRST_TABLE_OID + i64::try_from(index).unwrap_or_default()
}

/// The oid of a table by name, and the other way round.
pub(in crate::pg_catalog) fn oid_of(name: &str) -> Option<i64> {
    documents::tables().iter().position(|table| table.name == name).map(table_oid)
}

pub(in crate::pg_catalog) fn name_of(oid: i64) -> Option<&'static str> {
    let index = usize::try_from(oid - FIRST_TABLE_OID).ok()?;
    documents::tables().get(index).map(|table| table.name.as_str())
}

/// The comment of a table (`column` 0) or of one of its columns.
pub(in crate::pg_catalog) fn comment_of(oid: i64, column: i64) -> Option<String> {
    let table = documents::tables().iter().find(|table| name_of(oid) == Some(table.name.as_str()))?;
    match usize::try_from(column).ok()?.checked_sub(1) {
        None => Some(table.comment()),
        Some(index) => table.shown().nth(index).map(ColumnDocument::comment),
    }
}

/// PostgreSQL's built-in types that our columns and results can have.
pub(in crate::pg_catalog) const TYPES: &[(i64, &str, i64, &str, i64, &str)] = &[
    // oid, name, bytes (-1 when it varies), category, oid of its array, SQL name
    (16, "bool", 1, "B", 1_000, "boolean"),
    (17, "bytea", -1, "U", 1_001, "bytea"),
    (18, "char", 1, "Z", 1_002, "\"char\""),
    (19, "name", 64, "S", 1_003, "name"),
    (20, "int8", 8, "N", 1_016, "bigint"),
    (21, "int2", 2, "N", 1_005, "smallint"),
    (23, "int4", 4, "N", 1_007, "integer"),
    (25, "text", -1, "S", 1_009, "text"),
    (26, "oid", 4, "N", 1_028, "oid"),
    (114, "json", -1, "U", 199, "json"),
    (700, "float4", 4, "N", 1_021, "real"),
    (701, "float8", 8, "N", 1_022, "double precision"),
    (705, "unknown", -2, "X", 0, "unknown"),
    (1_042, "bpchar", -1, "S", 1_014, "character"),
    (1_043, "varchar", -1, "S", 1_015, "character varying"),
    (1_082, "date", 4, "D", 1_182, "date"),
    (1_083, "time", 8, "D", 1_183, "time without time zone"),
    (1_114, "timestamp", 8, "D", 1_115, "timestamp without time zone"),
    (1_184, "timestamptz", 8, "D", 1_185, "timestamp with time zone"),
    (1_186, "interval", 16, "T", 1_187, "interval"),
    (1_700, "numeric", -1, "N", 1_231, "numeric"),
    (2_205, "regclass", 4, "N", 2_210, "regclass"),
    (2_206, "regtype", 4, "N", 2_211, "regtype"),
    (2_950, "uuid", 16, "U", 2_951, "uuid"),
];

/// The type of a column: its oid, its bytes, its modifier.
fn type_of(column: &ColumnDocument) -> (i64, i64, i64) {
    // numeric(p, s) is ((p << 16) | s) + 4, as PostgreSQL's numerictypmodin makes it.
    match column.r#type.as_str() {
        "instant" => (1_184, 8, -1),
        "int16" => (21, 2, -1),
        "int32" => (23, 4, -1),
        "int64" => (20, 8, -1),
        "binary" => (17, -1, -1),
        "decimal(18,6)" => (1_700, -1, ((18 << 16) | 6) + 4),
        "decimal(5,3)" => (1_700, -1, ((5 << 16) | 3) + 4),
        _ => (25, -1, -1),
    }
}

pub(super) fn namespaces() -> Vec<Row> {
    let row = |oid: i64, name: &str| {
        Row::from([("oid", int(oid)), ("nspname", text(name)), ("nspowner", int(OWNER_OID))])
    };
    vec![row(CATALOG_OID, "pg_catalog"), row(PUBLIC_OID, "public"), row(13_000, "information_schema")]
}

pub(super) fn classes() -> Vec<Row> {
    let rows = documents::tables().iter().enumerate().map(|(index, table)| {
        let columns = i64::try_from(table.shown().count()).unwrap_or_default();
        Row::from([
            ("oid", int(table_oid(index))),
            ("relname", text(&table.name)),
            ("relnamespace", int(PUBLIC_OID)),
            ("reltype", int(0)),
            ("reloftype", int(0)),
            ("relowner", int(OWNER_OID)),
            ("relam", int(HEAP_OID)),
            ("relfilenode", int(0)),
            ("reltablespace", int(0)),
            ("relpages", int(0)),
            // Never analysed: how many rows there are of all accounts is nobody's business.
            ("reltuples", int(-1)),
            ("relallvisible", int(0)),
            ("reltoastrelid", int(0)),
            ("relhasindex", truth(false)),
            ("relisshared", truth(false)),
            ("relpersistence", text("p")),
            ("relkind", text("r")),
            ("relnatts", int(columns)),
            ("relchecks", int(0)),
            ("relhasrules", truth(false)),
            ("relhastriggers", truth(false)),
            ("relhassubclass", truth(false)),
            ("relrowsecurity", truth(false)),
            ("relforcerowsecurity", truth(false)),
            ("relispopulated", truth(true)),
            ("relreplident", text("n")),
            ("relispartition", truth(false)),
            ("relrewrite", int(0)),
        ])
    });
    rows.collect()
}

pub(super) fn attributes() -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, table) in documents::tables().iter().enumerate() {
        for (column, number) in table.shown().zip(1_i64..) {
            let (of, bytes, modifier) = type_of(column);
            rows.push(Row::from([
                ("attrelid", int(table_oid(index))),
                ("attname", text(&column.name)),
                ("atttypid", int(of)),
                ("attstattarget", int(-1)),
                ("attlen", int(bytes)),
                ("attnum", int(number)),
                ("attndims", int(0)),
                ("attcacheoff", int(-1)),
                ("atttypmod", int(modifier)),
                ("attbyval", truth(bytes > 0)),
                ("attalign", text("i")),
                ("attstorage", text(if bytes > 0 { "p" } else { "x" })),
                ("attcompression", text("")),
                ("attnotnull", truth(!column.nullable)),
                ("atthasdef", truth(false)),
                ("atthasmissing", truth(false)),
                ("attidentity", text("")),
                ("attgenerated", text("")),
                ("attisdropped", truth(false)),
                ("attislocal", truth(true)),
                ("attinhcount", int(0)),
                ("attcollation", int(0)),
            ]));
        }
    }
    rows
}

pub(super) fn types() -> Vec<Row> {
    let mut rows = Vec::new();
    for (oid, name, bytes, category, array, _) in TYPES {
        let row = |oid: i64, name: String, bytes: i64, category: &str, element: i64, array: i64| {
            Row::from([
                ("oid", int(oid)),
                ("typname", Cell::Text(name)),
                ("typnamespace", int(CATALOG_OID)),
                ("typowner", int(OWNER_OID)),
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

pub(super) fn descriptions() -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, table) in documents::tables().iter().enumerate() {
        let comments = std::iter::once(table.comment()).chain(table.shown().map(ColumnDocument::comment));
        for (comment, number) in comments.zip(0_i64..) {
            rows.push(Row::from([
                ("objoid", int(table_oid(index))),
                ("classoid", int(PG_CLASS_OID)),
                ("objsubid", int(number)),
                ("description", Cell::Text(comment)),
            ]));
        }
    }
    rows
}

pub(super) fn databases() -> Vec<Row> {
    vec![Row::from([
        ("oid", int(DATABASE_OID)),
        ("datname", text("callhouse")),
        ("datdba", int(OWNER_OID)),
        ("encoding", int(6)),
        ("datlocprovider", text("c")),
        ("datistemplate", truth(false)),
        ("datallowconn", truth(true)),
        ("datconnlimit", int(-1)),
        ("datcollate", text("C")),
        ("datctype", text("C")),
        ("dattablespace", int(0)),
    ])]
}

pub(super) fn access_methods() -> Vec<Row> {
    vec![Row::from([("oid", int(HEAP_OID)), ("amname", text("heap")), ("amtype", text("t"))])]
}

pub(super) fn roles() -> Vec<Row> {
    let no = || truth(false);
    vec![Row::from([
        ("oid", int(OWNER_OID)),
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
        ("usesysid", int(OWNER_OID)),
        ("usename", text(OWNER)),
        ("usecreatedb", no()),
        ("usesuper", no()),
        ("userepl", no()),
        ("usebypassrls", no()),
    ])]
}

pub(super) fn tables() -> Vec<Row> {
    let rows = documents::tables().iter().map(|table| {
        Row::from([
            ("schemaname", text("public")),
            ("tablename", text(&table.name)),
            ("tableowner", text(OWNER)),
            ("hasindexes", truth(false)),
            ("hasrules", truth(false)),
            ("hastriggers", truth(false)),
            ("rowsecurity", truth(false)),
        ])
    });
    rows.collect()
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
