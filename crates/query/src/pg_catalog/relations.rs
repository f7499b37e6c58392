//! The relations: columns as PostgreSQL 15 documents them ("System Catalogs"), rows from the tables' documents.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;

use rows::{
    access_methods, attributes, classes, databases, descriptions, namespaces, roles, settings, tables, types,
    users,
};

pub(super) use rows::{OWNER, SETTINGS, TYPES, comment_of, name_of, oid_of};

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

    /// Whether a column of that name is a truth value, in whatever relation it is.
    pub(super) fn is_truth(column: &str) -> bool {
        RELATIONS.iter().any(|relation| {
            relation.columns.split_whitespace().any(|known| known.strip_suffix(":b") == Some(column))
        })
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
