-- # the database it is in
-- source: dbeaver/dbeaver plugins/org.jkiss.dbeaver.ext.postgresql/…/model/PostgreDataSource.java
-- gives: 1 row
-- holds: callhouse
SELECT current_database();

-- # version
-- source: PostgreDataSource.java, readServerVersion
-- gives: 1 row
-- holds: PostgreSQL 15
SELECT version();

-- # databases
-- source: PostgreDataSource.java, readDatabaseList
-- takes: text callhouse
-- gives: 1 row: oid, datname, datdba, encoding, datcollate, datallowconn, dattablespace
SELECT db.oid,db.* FROM pg_catalog.pg_database db
WHERE 1 = 1 AND datallowconn AND NOT datistemplate OR db.datname =$1 ORDER BY db.datname;

-- # one database
-- source: PostgreDatabase.java, readDatabaseInfo
-- takes: text callhouse
-- gives: 1 row: oid, datname
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datname=$1;

-- # description of the database
-- source: PostgreDatabase.java
-- takes: text callhouse
-- gives: 0 rows: description
select description from pg_shdescription join pg_database on objoid = pg_database.oid where datname = $1;

-- # defaults of a session
-- source: PostgreExecutionContext.java
-- gives: 1 row
-- holds: public, acme
SELECT current_schema(),session_user;

-- # search path
-- source: PostgreExecutionContext.java
-- gives: 1 row
-- holds: public
SHOW search_path;

-- # settings
-- source: PostgreDataSource.java, SettingCache
-- gives: some rows: name, setting
select * from pg_catalog.pg_settings;

-- # schemas
-- source: PostgreDatabase.java, SchemaCache
-- gives: 3 rows: oid, nspname, nspowner, description
-- holds: public, pg_catalog, information_schema
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass
 ORDER BY nspname;

-- # types of a schema
-- source: PostgreDataTypeCache.java
-- takes: int8 11
-- gives: some rows: oid, typname, typcategory, relkind, base_type_name, description
-- holds: int8, timestamptz, numeric
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL
AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C')
AND t.typnamespace=$1;

-- # a type by its number
-- source: PostgreDataTypeCache.java, resolveDataType
-- takes: int8 1700
-- gives: 1 row: oid, typname
-- holds: numeric
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.oid=$1;

-- # roles
-- source: PostgreDatabase.java, RoleCache
-- gives: 1 row: oid, rolname, rolsuper, description
SELECT a.oid,a.*,pd.description FROM pg_catalog.pg_roles a
left join pg_catalog.pg_shdescription pd on a.oid = pd.objoid
ORDER BY a.rolname;

-- # settings of a role
-- source: PostgreRole.java
-- takes: int8 10
-- gives: 0 rows: setconfig, datname
select s.setconfig, pd.datname from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_database pd on s.setdatabase = pd.oid
where s.setrole = $1;

-- # members of a role
-- source: PostgreRole.java
-- takes: int8 10
-- gives: 0 rows: roleid, member
SELECT * FROM pg_catalog.pg_auth_members WHERE roleid=$1;

-- # table privileges of a role
-- source: PostgreRole.java
-- takes: text callhouse, text acme
-- gives: 0 rows: grantee, table_name, privilege_type
SELECT * FROM information_schema.table_privileges WHERE table_catalog=$1 AND grantee=$2;

-- # access methods
-- source: PostgreDatabase.java, AccessMethodCache
-- gives: some rows: oid, amname
SELECT am.oid,am.* FROM pg_catalog.pg_am am
ORDER BY am.oid;

-- # encodings
-- source: PostgreDatabase.java, EncodingCache
-- gives: any rows: encid, encname
SELECT c.contoencoding as encid,pg_catalog.pg_encoding_to_char(c.contoencoding) as encname
FROM pg_catalog.pg_conversion c
GROUP BY c.contoencoding
ORDER BY 2;

-- # collations
-- source: PostgreDatabase.java, CollationCache
-- gives: any rows: oid, collname
SELECT c.oid,c.* FROM pg_catalog.pg_collation c
ORDER BY c.oid;

-- # languages
-- source: PostgreDatabase.java, LanguageCache
-- gives: any rows: oid, lanname
SELECT l.oid,l.* FROM pg_catalog.pg_language l
ORDER BY l.oid;

-- # foreign data wrappers
-- source: PostgreDatabase.java, ForeignDataWrapperCache
-- gives: 0 rows: oid, fdwname, handler_schema_id
SELECT l.oid,l.*,p.pronamespace as handler_schema_id
FROM pg_catalog.pg_foreign_data_wrapper l
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=l.fdwhandler
ORDER BY l.fdwname;

-- # foreign servers
-- source: PostgreDatabase.java, ForeignServerCache
-- gives: 0 rows: oid, srvname
SELECT l.oid,l.* FROM pg_catalog.pg_foreign_server l
ORDER BY l.srvname;

-- # tablespaces
-- source: PostgreDatabase.java, TablespaceCache
-- gives: any rows: oid, spcname, loc
SELECT t.oid,t.*,pg_tablespace_location(t.oid) loc
FROM pg_catalog.pg_tablespace t
ORDER BY t.oid;

-- # extensions that could be installed
-- source: PostgreDatabase.java, AvailableExtensionCache
-- gives: 0 rows: name, comment
SELECT name,default_version,installed_version,comment FROM pg_catalog.pg_available_extensions ORDER BY name;

-- # event triggers
-- source: PostgreDatabase.java, EventTriggersCache
-- gives: 0 rows: evtname, description
SELECT pet.*, d.description FROM pg_catalog.pg_event_trigger pet
LEFT OUTER JOIN pg_catalog.pg_description d ON pet."oid" = d.objoid;

-- # extensions
-- source: PostgreDatabase.java, ExtensionCache
-- gives: 0 rows: oid, tbls, schema_name, extname
SELECT e.oid, cfg.tbls, n.nspname as schema_name, e.*
FROM pg_catalog.pg_extension e
    join pg_namespace n on n.oid =e.extnamespace
    left join (
        select ARRAY_AGG(ns.nspname || '.' ||  cls.relname) tbls, oid_ext
        from (select unnest(e1.extconfig) oid , e1.oid oid_ext from pg_catalog.pg_extension e1 ) c
            join pg_class cls on cls.oid = c.oid
            join pg_namespace ns on ns.oid = cls.relnamespace
        group by oid_ext
    ) cfg on cfg.oid_ext = e.oid
ORDER BY e.oid;

-- # enumerations
-- source: PostgreDatabase.java
-- gives: 0 rows: enumtypid, enumlabel
SELECT * FROM pg_catalog.pg_enum;

-- # sizes of databases
-- source: PostgreDataSource.java, collectObjectStatistics
-- takes: int8 16384
-- gives: 1 row: datname
SELECT db.datname,pg_database_size(db.oid) FROM pg_catalog.pg_database db WHERE db.oid=$1;

-- # tables of a schema
-- source: PostgreSchema.java, TableCache
-- takes: int8 2200
-- gives: some rows: oid, relname, relkind, relowner, reltuples, description, partition_expr, partition_key
-- holds: calls, call_events, rejections, Grain
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c');

-- # parents of tables
-- source: PostgreSchema.java, loadInheritance
-- takes: int8 2200
-- gives: 0 rows: relid, parent_ns, parent_oid, inhseqno
SELECT i.inhrelid relid, pc.relnamespace parent_ns, pc.oid parent_oid, i.inhseqno
FROM pg_catalog.pg_inherits i, pg_class rc, pg_class pc
WHERE rc.oid=i.inhrelid AND rc.relnamespace=$1 AND pc.oid=i.inhparent;

-- # columns of a schema
-- source: PostgreSchema.java, TableCache.prepareChildrenStatement
-- takes: int8 2200
-- gives: some rows: relname, attname, atttypid, attnum, attnotnull, def_value, description, objid
-- holds: started_at, What the account is charged
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.relnamespace=$1
ORDER BY a.attnum;

-- # columns of a table
-- source: PostgreSchema.java, TableCache.prepareChildrenStatement
-- takes: int8 16385
-- gives: some rows: relname, attname, description
-- holds: calls
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.oid=$1
ORDER BY a.attnum;

-- # constraints
-- source: PostgreSchema.java, ConstraintCache
-- takes: int8 16385
-- gives: 0 rows: oid, conname, contype, tabrelname, refnamespace, description, consrc_copy
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description,
    case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE c.conrelid=$1
ORDER BY c.oid;

-- # indexes
-- source: PostgreSchema.java, IndexCache
-- takes: int8 16385
-- gives: 0 rows: indexrelid, keys, relname, tabrelname, description, pred_expr
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr,
    pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size,pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans
FROM pg_catalog.pg_index i
INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid
WHERE i.indrelid=$1 ORDER BY c.relname;

-- # procedures
-- source: PostgreSchema.java, ProceduresCache
-- takes: int8 2200
-- gives: any rows: poid, proname, arg_defaults, description
SELECT p.oid as poid,p.*,pg_catalog.pg_get_expr(p.proargdefaults, 0) as arg_defaults,d.description
FROM pg_catalog.pg_proc p
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=p.oid and d.classoid='pg_proc'::regclass  AND d.objsubid = 0
WHERE p.pronamespace=$1
ORDER BY p.proname;

-- # aggregates
-- source: PostgreSchema.java, AggregateCache
-- takes: int8 2200
-- gives: 0 rows: proc_oid, proc_name
SELECT p.oid AS proc_oid,p.proname AS proc_name,a.*
FROM pg_catalog.pg_aggregate a,pg_catalog.pg_proc p
WHERE p.oid=a.aggfnoid AND p.pronamespace=$1
ORDER BY p.proname;

-- # sizes of tables
-- source: PostgreSchema.java, collectObjectStatistics
-- takes: int8 2200
-- gives: some rows: oid, total_rel_size, rel_size
select c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size
FROM pg_class c
WHERE c.relnamespace=$1;

-- # size of a table
-- source: PostgreTableReal.java
-- takes: int8 16385, int8 16385
-- gives: 1 row: total_rel_size, rel_size
select pg_catalog.pg_total_relation_size($1) as total_rel_size,pg_catalog.pg_relation_size($2) as rel_size;

-- # default privileges
-- source: PostgreSchema.java
-- takes: int8 2200
-- gives: 0 rows: defaclacl, defaclobjtype
SELECT * FROM pg_default_acl WHERE defaclnamespace = $1;

-- # triggers
-- source: PostgreTableReal.java, TriggerCache
-- takes: int8 16385
-- gives: 0 rows: oid, tgname, func_schema_id, description
SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description
FROM pg_catalog.pg_trigger x
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0
WHERE x.tgrelid = $1 AND NOT x.tgisinternal;

-- # policies
-- source: PostgreTable.java, PolicyCache
-- takes: text public, text calls
-- gives: 0 rows: policyname
select * from pg_catalog.pg_policies where schemaname=$1 and tablename=$2;

-- # who refers to a table
-- source: PostgreTable.java, getReferences
-- takes: int8 16385
-- gives: 0 rows: connamespace
SELECT DISTINCT connamespace FROM pg_catalog.pg_constraint WHERE confrelid=$1;

-- # parents of a table
-- source: PostgreTable.java, getSuperInheritance
-- takes: int8 16385
-- gives: 0 rows: inhrelid, relnamespace
SELECT i.*,c.relnamespace FROM pg_catalog.pg_inherits i,pg_catalog.pg_class c WHERE i.inhrelid=$1 AND c.oid=i.inhparent
ORDER BY i.inhseqno;

-- # tables by a part of their name
-- source: PostgreStructureAssistant.java, findTablesByMask
-- takes: text call%
-- gives: 2 rows: oid, relname, relnamespace, relkind
SELECT pc.oid,pc.relname,pc.relnamespace,pc.relkind FROM pg_catalog.pg_class pc
WHERE pc.relkind in('r','v','m','f','p') AND pc.relnamespace IN (2200) AND pc.relname ILIKE $1 ORDER BY pc.relname LIMIT 100;

-- # columns by a part of their name
-- source: PostgreStructureAssistant.java, findTableColumnsByMask
-- takes: text %started%
-- gives: some rows: attrelid, attname
SELECT DISTINCT x.attname,x.attrelid,x.atttypid,c.relnamespace FROM pg_catalog.pg_attribute x, pg_catalog.pg_class c
WHERE c.oid=x.attrelid AND c.relnamespace IN (2200) AND x.attname ILIKE $1 ORDER BY x.attname LIMIT 100;

-- # rows of a table
-- source: dbeaver/dbeaver, AbstractSQLDialect: the data of a table
-- gives: any rows: call_id, started_at
SELECT * FROM public.calls LIMIT 200;
