//! What clients ask of catalogs (`tests/pg/statements`), asked of the room: every statement is answered, with the
//! columns, rows and texts its file says. Over the wire `tests/pg/replay.py` asks the same.

use std::fmt::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::pretty::pretty_format_batches;
use callhouse_query::{Bound, Room, RoomOptions};
use futures::TryStreamExt;

use crate::lake::{ACME, Lake};
use crate::room::caller;

const FILES: &[(&str, &str)] = &[
    ("dbeaver", include_str!("../../../../tests/pg/statements/dbeaver.sql")),
    ("grafana", include_str!("../../../../tests/pg/statements/grafana.sql")),
    ("jdbc", include_str!("../../../../tests/pg/statements/jdbc.sql")),
    ("metabase", include_str!("../../../../tests/pg/statements/metabase.sql")),
    ("psql", include_str!("../../../../tests/pg/statements/psql.sql")),
];

/// A statement with what is said above it.
#[derive(Default)]
struct Asked<'a> {
    title: &'a str,
    takes: Vec<(&'a str, &'a str)>,
    gives: &'a str,
    columns: Vec<&'a str>,
    holds: Vec<&'a str>,
    sql: String,
}

fn asked(text: &str) -> impl Iterator<Item = Asked<'_>> {
    text.split("-- # ").skip(1).map(|part| {
        let mut asked = Asked { title: part.lines().next().unwrap_or_default(), ..Asked::default() };
        for line in part.lines().skip(1) {
            let list = |text: &'static str| line.strip_prefix(text).map(|rest| rest.split(", "));
            if let Some(takes) = list("-- takes: ") {
                asked.takes = takes.filter_map(|one| one.split_once(' ')).collect();
            } else if let Some(gives) = line.strip_prefix("-- gives: ") {
                let (rows, columns) = gives.split_once(": ").unwrap_or((gives, ""));
                asked.gives = rows;
                asked.columns = columns.split(", ").filter(|column| !column.is_empty()).collect();
            } else if let Some(holds) = list("-- holds: ") {
                asked.holds = holds.collect();
            } else if !line.starts_with("-- source: ") {
                writeln!(asked.sql, "{line}").expect("text grows");
            }
        }
        asked.sql = asked.sql.trim().trim_end_matches(';').to_owned();
        asked
    })
}

fn bound(kind: &str, value: &str) -> Bound {
    let declared = match kind {
        "int8" => Some(DataType::Int64),
        _ => None,
    };
    Bound { text: Some(value.to_owned()), declared }
}

/// What is wrong with an answer.
fn fault(asked: &Asked<'_>, schema: &SchemaRef, batches: &[RecordBatch]) -> Option<String> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let (count, _) = asked.gives.split_once(' ').unwrap_or((asked.gives, ""));
    let fits = match count {
        "any" => true,
        "some" => rows > 0,
        count => count.parse() == Ok(rows),
    };
    if !fits {
        return Some(format!("{rows} rows and not {}", asked.gives));
    }
    let missing = asked.columns.iter().find(|column| schema.index_of(column).is_err());
    if let Some(missing) = missing {
        return Some(format!("no column {missing} in {schema:?}"));
    }
    let shown = pretty_format_batches(batches).expect("printable").to_string();
    let missing = asked.holds.iter().find(|text| !shown.contains(*text));
    missing.map(|missing| format!("no {missing} in\n{shown}"))
}

#[tokio::test]
async fn what_clients_ask_of_the_catalog_is_answered() {
    let lake = Lake::fixed().await;
    let room = Room::new(lake.engine.clone(), RoomOptions::default()).expect("a room");
    let mut faults = String::new();
    let mut statements = 0;
    for (file, text) in FILES {
        for asked in asked(text) {
            statements += 1;
            // Of the connection, not of the room.
            if asked.sql.to_lowercase().starts_with("set ") || asked.sql.to_lowercase().starts_with("show ") {
                continue;
            }
            let values: Vec<Bound> = asked.takes.iter().map(|(kind, value)| bound(kind, value)).collect();
            let answered = match room.run(&caller(ACME), &asked.sql, &values).await {
                Ok(rows) => {
                    let schema = SchemaRef::clone(rows.schema());
                    rows.try_collect::<Vec<_>>().await.map(|batches| (schema, batches))
                }
                Err(error) => Err(error),
            };
            let fault = match &answered {
                Ok((schema, batches)) => fault(&asked, schema, batches),
                Err(error) => Some(format!("{error:?}")),
            };
            if let Some(fault) = fault {
                writeln!(faults, "{file}, {}: {fault}", asked.title).expect("text grows");
            }
        }
    }
    assert!(statements > 80, "only {statements} statements were read");
    assert!(faults.is_empty(), "{faults}");
}
