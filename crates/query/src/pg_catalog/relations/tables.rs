//! Rows of what is known of our tables and their columns.

use super::{Cell, OWNER, Row, int, text, truth};
use crate::documents::{self, ColumnDocument};
use crate::pg_catalog::oids;
use crate::pg_catalog::types::ColumnType;

pub(super) fn classes() -> Vec<Row> {
    let rows = documents::tables().iter().enumerate().map(|(index, table)| {
        let columns = i64::try_from(table.shown().count()).unwrap_or_default();
        Row::from([
            ("oid", int(oids::of_table(index))),
            ("relname", text(&table.name)),
            ("relnamespace", int(oids::PUBLIC)),
            ("reltype", int(0)),
            ("reloftype", int(0)),
            ("relowner", int(oids::OWNER)),
            ("relam", int(oids::HEAP)),
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
            let ColumnType { oid, bytes, modifier, .. } = ColumnType::of(column);
            rows.push(Row::from([
                ("attrelid", int(oids::of_table(index))),
                ("attname", text(&column.name)),
                ("atttypid", int(oid)),
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

pub(super) fn descriptions() -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, table) in documents::tables().iter().enumerate() {
        let comments = std::iter::once(table.comment()).chain(table.shown().map(ColumnDocument::comment));
        for (comment, number) in comments.zip(0_i64..) {
            rows.push(Row::from([
                ("objoid", int(oids::of_table(index))),
                ("classoid", int(oids::PG_CLASS)),
                ("objsubid", int(number)),
                ("description", Cell::Text(comment)),
            ]));
        }
    }
    rows
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
