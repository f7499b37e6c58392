//! The relations: columns as PostgreSQL 15 documents them ("System Catalogs"), rows from the tables' documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;

use crate::documents::{self, ColumnDocument};

/// The namespace of our tables, and the one of these relations, as in PostgreSQL.
pub(super) const PUBLIC_OID: i64 = 2_200;
pub(super) const CATALOG_OID: i64 = 11;
const OWNER_OID: i64 = 10;
const DATABASE_OID: i64 = 16_384;
/// The first of our tables; the others follow.
const FIRST_TABLE_OID: i64 = 16_385;
/// `pg_class` itself, which descriptions refer to.
const PG_CLASS_OID: i64 = 1_259;
const HEAP_OID: i64 = 2;
pub(super) const OWNER: &str = "callhouse";

/// A cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Int(i64),
    Bool(bool),
    Text(String),
}

type Row = BTreeMap<&'static str, Cell>;

/// A relation: its columns as `name:type`, where the type is a letter (o oid, i int4, s int2, l int8, f float4,
/// b boolean, t text, T text[], N int2[]), and its rows, in which a column left out is null.
pub(super) struct Relation {
    pub(super) name: &'static str,
    columns: &'static str,
    rows: fn() -> Vec<Row>,
}

const fn empty() -> Vec<Row> {
    Vec::new()
}

const fn relation(name: &'static str, columns: &'static str, rows: fn() -> Vec<Row>) -> Relation {
    Relation { name, columns, rows }
}

pub(super) const RELATIONS: &[Relation] = &[
    relation("pg_namespace", "oid:o nspname:t nspowner:o nspacl:T", namespaces),
    relation(
        "pg_class",
        "oid:o relname:t relnamespace:o reltype:o reloftype:o relowner:o relam:o relfilenode:o reltablespace:o relpages:i reltuples:f relallvisible:i reltoastrelid:o relhasindex:b relisshared:b relpersistence:t relkind:t relnatts:s relchecks:s relhasrules:b relhastriggers:b relhassubclass:b relrowsecurity:b relforcerowsecurity:b relispopulated:b relreplident:t relispartition:b relrewrite:o relacl:T reloptions:T relpartbound:t",
        classes,
    ),
    relation(
        "pg_attribute",
        "attrelid:o attname:t atttypid:o attstattarget:i attlen:s attnum:s attndims:i attcacheoff:i atttypmod:i attbyval:b attalign:t attstorage:t attcompression:t attnotnull:b atthasdef:b atthasmissing:b attidentity:t attgenerated:t attisdropped:b attislocal:b attinhcount:i attcollation:o attacl:T attoptions:T attfdwoptions:T",
        attributes,
    ),
    relation(
        "pg_type",
        "oid:o typname:t typnamespace:o typowner:o typlen:s typbyval:b typtype:t typcategory:t typispreferred:b typisdefined:b typdelim:t typrelid:o typsubscript:o typelem:o typarray:o typinput:t typoutput:t typreceive:t typsend:t typmodin:t typmodout:t typanalyze:t typalign:t typstorage:t typnotnull:b typbasetype:o typtypmod:i typndims:i typcollation:o typdefault:t",
        types,
    ),
    relation("pg_description", "objoid:o classoid:o objsubid:i description:t", descriptions),
    relation(
        "pg_database",
        "oid:o datname:t datdba:o encoding:i datlocprovider:t datistemplate:b datallowconn:b datconnlimit:i datcollate:t datctype:t daticulocale:t datcollversion:t dattablespace:o datacl:T",
        databases,
    ),
    relation("pg_am", "oid:o amname:t amhandler:t amtype:t", access_methods),
    relation(
        "pg_roles",
        "oid:o rolname:t rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b rolconnlimit:i rolpassword:t rolvaliduntil:t rolbypassrls:b rolconfig:T",
        roles,
    ),
    relation("pg_user", "usesysid:o usename:t usecreatedb:b usesuper:b userepl:b usebypassrls:b", users),
    relation(
        "pg_tables",
        "schemaname:t tablename:t tableowner:t tablespace:t hasindexes:b hasrules:b hastriggers:b rowsecurity:b",
        tables,
    ),
    relation(
        "pg_settings",
        "name:t setting:t unit:t category:t short_desc:t context:t vartype:t source:t",
        settings,
    ),
    relation("pg_tablespace", "oid:o spcname:t spcowner:o spcacl:T spcoptions:T", empty),
    relation("pg_views", "schemaname:t viewname:t viewowner:t definition:t", empty),
    relation("pg_matviews", "schemaname:t matviewname:t matviewowner:t definition:t", empty),
    relation("pg_attrdef", "oid:o adrelid:o adnum:s adbin:t", empty),
    relation(
        "pg_index",
        "indexrelid:o indrelid:o indnatts:s indnkeyatts:s indisunique:b indnullsnotdistinct:b indisprimary:b indisexclusion:b indimmediate:b indisclustered:b indisvalid:b indcheckxmin:b indisready:b indislive:b indisreplident:b indkey:N indcollation:N indclass:N indoption:N indexprs:t indpred:t",
        empty,
    ),
    relation(
        "pg_constraint",
        "oid:o conname:t connamespace:o contype:t condeferrable:b condeferred:b convalidated:b conrelid:o contypid:o conindid:o conparentid:o confrelid:o confupdtype:t confdeltype:t confmatchtype:t conislocal:b coninhcount:i connoinherit:b conkey:N confkey:N conbin:t",
        empty,
    ),
    relation("pg_inherits", "inhrelid:o inhparent:o inhseqno:i inhdetachpending:b", empty),
    relation(
        "pg_proc",
        "oid:o proname:t pronamespace:o proowner:o prolang:o prokind:t prosecdef:b proretset:b provolatile:t pronargs:s prorettype:o proargtypes:N prosrc:t",
        empty,
    ),
    relation(
        "pg_collation",
        "oid:o collname:t collnamespace:o collowner:o collprovider:t collisdeterministic:b collcollate:t collctype:t",
        empty,
    ),
    relation(
        "pg_trigger",
        "oid:o tgrelid:o tgparentid:o tgname:t tgfoid:o tgtype:s tgenabled:t tgisinternal:b tgconstraint:o tgdeferrable:b tginitdeferred:b",
        empty,
    ),
    relation(
        "pg_policy",
        "oid:o polname:t polrelid:o polcmd:t polpermissive:b polroles:N polqual:t polwithcheck:t",
        empty,
    ),
    relation("pg_publication", "oid:o pubname:t pubowner:o puballtables:b", empty),
    relation("pg_publication_rel", "oid:o prpubid:o prrelid:o prqual:t prattrs:N", empty),
    relation("pg_publication_namespace", "oid:o pnpubid:o pnnspid:o", empty),
    relation(
        "pg_statistic_ext",
        "oid:o stxrelid:o stxname:t stxnamespace:o stxowner:o stxstattarget:i stxkeys:N stxkind:T stxexprs:t",
        empty,
    ),
    relation("pg_foreign_table", "ftrelid:o ftserver:o ftoptions:T", empty),
    relation(
        "pg_foreign_server",
        "oid:o srvname:t srvowner:o srvfdw:o srvtype:t srvversion:t srvoptions:T",
        empty,
    ),
    relation("pg_foreign_data_wrapper", "oid:o fdwname:t fdwowner:o fdwoptions:T", empty),
    relation(
        "pg_extension",
        "oid:o extname:t extowner:o extnamespace:o extrelocatable:b extversion:t",
        empty,
    ),
    relation("pg_available_extensions", "name:t default_version:t installed_version:t comment:t", empty),
    relation("pg_enum", "oid:o enumtypid:o enumsortorder:f enumlabel:t", empty),
    relation("pg_range", "rngtypid:o rngsubtype:o rngmultitypid:o", empty),
    relation("pg_rewrite", "oid:o rulename:t ev_class:o ev_type:t ev_enabled:t is_instead:b", empty),
    relation(
        "pg_depend",
        "classid:o objid:o objsubid:i refclassid:o refobjid:o refobjsubid:i deptype:t",
        empty,
    ),
    relation(
        "pg_sequence",
        "seqrelid:o seqtypid:o seqstart:l seqincrement:l seqmax:l seqmin:l seqcache:l seqcycle:b",
        empty,
    ),
    relation("pg_sequences", "schemaname:t sequencename:t sequenceowner:t data_type:t start_value:l", empty),
    relation("pg_indexes", "schemaname:t tablename:t indexname:t tablespace:t indexdef:t", empty),
    relation("pg_language", "oid:o lanname:t lanowner:o", empty),
    relation("pg_event_trigger", "oid:o evtname:t evtevent:t evtowner:o evtenabled:t", empty),
    relation("pg_partitioned_table", "partrelid:o partstrat:t partnatts:s partattrs:N", empty),
    relation("pg_shdescription", "objoid:o classoid:o description:t", empty),
    relation(
        "pg_operator",
        "oid:o oprname:t oprnamespace:o oprowner:o oprkind:t oprleft:o oprright:o oprresult:o",
        empty,
    ),
    relation("pg_opclass", "oid:o opcmethod:o opcname:t opcnamespace:o opcowner:o opcdefault:b", empty),
    relation("pg_cast", "oid:o castsource:o casttarget:o castfunc:o castcontext:t castmethod:t", empty),
    relation("pg_aggregate", "aggfnoid:o aggkind:t aggnumdirectargs:s", empty),
    relation("pg_auth_members", "roleid:o member:o grantor:o admin_option:b", empty),
    relation("pg_locks", "locktype:t database:o relation:o pid:i mode:t granted:b", empty),
    relation(
        "pg_stat_activity",
        "datid:o datname:t pid:i usename:t application_name:t state:t query:t",
        empty,
    ),
    relation("pg_stat_user_tables", "relid:o schemaname:t relname:t seq_scan:l n_live_tup:l", empty),
    relation("pg_stat_all_tables", "relid:o schemaname:t relname:t seq_scan:l n_live_tup:l", empty),
    relation("pg_timezone_names", "name:t abbrev:t utc_offset:t is_dst:b", empty),
    relation("pg_prepared_xacts", "transaction:l gid:t owner:t database:t", empty),
    relation("pg_conversion", "oid:o conname:t connamespace:o conowner:o", empty),
    relation("pg_default_acl", "oid:o defaclrole:o defaclnamespace:o defaclobjtype:t defaclacl:T", empty),
    relation("pg_ts_config", "oid:o cfgname:t cfgnamespace:o", empty),
];

impl Relation {
    /// True when it has no row for anybody.
    pub(super) fn is_empty(name: &str) -> bool {
        RELATIONS.iter().find(|relation| relation.name == name).is_some_and(|known| (known.rows)().is_empty())
    }

    pub(super) fn exists(name: &str) -> bool {
        RELATIONS.iter().any(|relation| relation.name == name)
    }

    pub(super) fn batch(&self) -> Result<RecordBatch> {
        let rows = (self.rows)();
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for column in self.columns.split_whitespace() {
            let (name, letter) = column.split_once(':').unwrap_or((column, "t"));
            let cells: Vec<Option<Cell>> = rows.iter().map(|row| row.get(name).cloned()).collect();
            let array = array(letter, &cells);
            let mut field = Field::new(name, array.data_type().clone(), true);
            if letter == "o" {
                field = field.with_metadata([("pg_type".to_owned(), "oid".to_owned())].into());
            }
            fields.push(field);
            columns.push(array);
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

fn array(letter: &str, cells: &[Option<Cell>]) -> ArrayRef {
    let ints =
        || cells.iter().map(|cell| if let Some(Cell::Int(value)) = cell { Some(*value) } else { None });
    let list = |of: DataType| DataType::List(Arc::new(Field::new_list_field(of, true)));
    match letter {
        "o" | "i" => Arc::new(
            ints().map(|value| value.and_then(|value| i32::try_from(value).ok())).collect::<Int32Array>(),
        ),
        "s" => Arc::new(
            ints().map(|value| value.and_then(|value| i16::try_from(value).ok())).collect::<Int16Array>(),
        ),
        "l" => Arc::new(ints().collect::<Int64Array>()),
        "f" => Arc::new(Float32Array::from_iter(
            ints().map(|value| value.and_then(|value| i16::try_from(value).ok()).map(f32::from)),
        )),
        "b" => Arc::new(BooleanArray::from_iter(
            cells.iter().map(|cell| if let Some(Cell::Bool(value)) = cell { Some(*value) } else { None }),
        )),
        "T" => new_null_array(&list(DataType::Utf8), cells.len()),
        "N" => new_null_array(&list(DataType::Int16), cells.len()),
        _ => Arc::new(StringArray::from_iter(
            cells
                .iter()
                .map(|cell| if let Some(Cell::Text(text)) = cell { Some(text.as_str()) } else { None }),
        )),
    }
}

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
pub(super) fn oid_of(name: &str) -> Option<i64> {
    documents::tables().iter().position(|table| table.name == name).map(table_oid)
}

pub(super) fn name_of(oid: i64) -> Option<&'static str> {
    let index = usize::try_from(oid - FIRST_TABLE_OID).ok()?;
    documents::tables().get(index).map(|table| table.name.as_str())
}

/// The comment of a table (`column` 0) or of one of its columns.
pub(super) fn comment_of(oid: i64, column: i64) -> Option<String> {
    let table = documents::tables().iter().find(|table| name_of(oid) == Some(table.name.as_str()))?;
    match usize::try_from(column).ok()?.checked_sub(1) {
        None => Some(table.comment()),
        Some(index) => table.shown().nth(index).map(ColumnDocument::comment),
    }
}

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

fn namespaces() -> Vec<Row> {
    let row = |oid: i64, name: &str| {
        Row::from([("oid", int(oid)), ("nspname", text(name)), ("nspowner", int(OWNER_OID))])
    };
    vec![row(CATALOG_OID, "pg_catalog"), row(PUBLIC_OID, "public"), row(13_000, "information_schema")]
}

fn classes() -> Vec<Row> {
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

fn attributes() -> Vec<Row> {
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

fn types() -> Vec<Row> {
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

fn descriptions() -> Vec<Row> {
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

fn databases() -> Vec<Row> {
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

fn access_methods() -> Vec<Row> {
    vec![Row::from([("oid", int(HEAP_OID)), ("amname", text("heap")), ("amtype", text("t"))])]
}

fn roles() -> Vec<Row> {
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

fn users() -> Vec<Row> {
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

fn tables() -> Vec<Row> {
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
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("server_version", super::SERVER_VERSION),
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

fn settings() -> Vec<Row> {
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
