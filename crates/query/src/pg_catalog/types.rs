//! PostgreSQL's built-in types, and which of them our columns have.

use crate::documents::ColumnDocument;

/// PostgreSQL's built-in types that our columns and results can have.
pub(super) const TYPES: &[(i64, &str, i64, &str, i64, &str)] = &[
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

/// What a column is to PostgreSQL.
pub(super) struct ColumnType {
    pub(super) oid: i64,
    /// -1 when they vary.
    pub(super) bytes: i64,
    /// -1 for none.
    pub(super) modifier: i64,
    /// Precision and scale of a number.
    pub(super) numeric: Option<(i64, i64)>,
}

impl ColumnType {
    pub(super) fn of(column: &ColumnDocument) -> Self {
        let plain = |oid, bytes| Self { oid, bytes, modifier: -1, numeric: None };
        let whole = |oid, bytes, bits| Self { numeric: Some((bits, 0)), ..plain(oid, bytes) };
        match column.r#type.as_str() {
            "instant" => plain(1_184, 8),
            "int16" => whole(21, 2, 16),
            "int32" => whole(23, 4, 32),
            "int64" => whole(20, 8, 64),
            "boolean" => plain(16, 1),
            "binary" => plain(17, -1),
            other => match decimal(other) {
                // numeric(p, s) is ((p << 16) | s) + 4, as PostgreSQL's numerictypmodin makes it.
                Some((precision, scale)) => Self {
                    modifier: ((precision << 16) | scale) + 4,
                    numeric: Some((precision, scale)),
                    ..plain(1_700, -1)
                },
                None => plain(25, -1),
            },
        }
    }

    /// PostgreSQL's short name, and the one of the SQL standard.
    pub(super) fn names(&self) -> (&'static str, &'static str) {
        let known = TYPES.iter().find(|(oid, ..)| *oid == self.oid);
        known.map_or(("text", "text"), |(_, name, .., sql_name)| (name, sql_name))
    }
}

/// Precision and scale of `decimal(18,6)`.
fn decimal(name: &str) -> Option<(i64, i64)> {
    let (precision, scale) = name.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}
