//! The relations of `pg_catalog` that are always empty: there are no keys, indexes, defaults, triggers, rules …

use super::{Relation, Row, relation};

const fn empty() -> Vec<Row> {
    Vec::new()
}

pub(super) const RELATIONS: &[Relation] = &[
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
        "oid:o proname:t pronamespace:o proowner:o prolang:o prokind:t prosecdef:b proretset:b provolatile:t pronargs:s pronargdefaults:s provariadic:o proleakproof:b proisstrict:b proparallel:t prorettype:o proargtypes:N proallargtypes:O proargmodes:T proargnames:T proargdefaults:t prosrc:t probin:t proconfig:T proacl:T procost:f prorows:f",
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
    relation(
        "pg_policies",
        "schemaname:t tablename:t policyname:t permissive:t roles:T cmd:t qual:t with_check:t",
        empty,
    ),
    relation("pg_db_role_setting", "setdatabase:o setrole:o setconfig:T", empty),
    relation("pg_rules", "schemaname:t tablename:t rulename:t definition:t", empty),
    relation("pg_group", "groname:t grosysid:o grolist:O", empty),
    relation(
        "pg_stats",
        "schemaname:t tablename:t attname:t inherited:b null_frac:f avg_width:i n_distinct:f",
        empty,
    ),
    relation("pg_shdepend", "dbid:o classid:o objid:o objsubid:i refclassid:o refobjid:o deptype:t", empty),
    relation("pg_seclabel", "objoid:o classoid:o objsubid:i provider:t label:t", empty),
    relation("pg_seclabels", "objoid:o classoid:o objsubid:i objtype:t objname:t provider:t label:t", empty),
    relation("pg_subscription", "oid:o subdbid:o subname:t subowner:o subenabled:b", empty),
    relation("pg_stat_database", "datid:o datname:t numbackends:i xact_commit:l xact_rollback:l", empty),
    relation(
        "pg_cursors",
        "name:t statement:t is_holdable:b is_binary:b is_scrollable:b creation_time:t",
        empty,
    ),
    relation(
        "pg_prepared_statements",
        "name:t statement:t prepare_time:t parameter_types:T from_sql:b",
        empty,
    ),
    relation("pg_opfamily", "oid:o opfmethod:o opfname:t opfnamespace:o opfowner:o", empty),
    relation("pg_transform", "oid:o trftype:o trflang:o trffromsql:o trftosql:o", empty),
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
    relation(
        "pg_foreign_data_wrapper",
        "oid:o fdwname:t fdwowner:o fdwhandler:o fdwvalidator:o fdwacl:T fdwoptions:T",
        empty,
    ),
    relation(
        "pg_extension",
        "oid:o extname:t extowner:o extnamespace:o extrelocatable:b extversion:t extconfig:O extcondition:T",
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
    relation(
        "pg_aggregate",
        "aggfnoid:o aggkind:t aggnumdirectargs:s aggtransfn:t aggfinalfn:t aggtranstype:o agginitval:t",
        empty,
    ),
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
    relation(
        "pg_conversion",
        "oid:o conname:t connamespace:o conowner:o conforencoding:i contoencoding:i conproc:t condefault:b",
        empty,
    ),
    relation("pg_default_acl", "oid:o defaclrole:o defaclnamespace:o defaclobjtype:t defaclacl:T", empty),
    relation("pg_ts_config", "oid:o cfgname:t cfgnamespace:o", empty),
];
