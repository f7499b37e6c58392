//! The relations of `pg_catalog` that have rows: columns as PostgreSQL 15 documents them ("System Catalogs").

use super::server::{access_methods, databases, namespaces, roles, settings, tablespaces, users};
use super::tables::{attributes, classes, descriptions, tables};
use super::types::types;
use super::{Relation, relation};

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
    relation("pg_tablespace", "oid:o spcname:t spcowner:o spcacl:T spcoptions:T", tablespaces),
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
];
