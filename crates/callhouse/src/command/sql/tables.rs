//! What tables there are, and what their columns mean.

use std::fmt::Write as _;

use anyhow::bail;
use callhouse_query::{ColumnDocument, TableDocument, documented_tables};

/// What `\d` shows: names and types, with `comments` also what they mean.
pub(super) fn brief(table: Option<&str>, comments: bool) -> anyhow::Result<String> {
    if comments {
        return described(table);
    }
    let Some(name) = table else {
        return Ok(documented_tables().iter().map(|table| format!("{}\n", table.name)).collect());
    };
    let table = known(name)?;
    let names = table.shown().map(|column| column.name.len()).max().unwrap_or_default();
    let types = table.shown().map(|column| column.sql_type().len()).max().unwrap_or_default();
    let line = |column: &ColumnDocument| {
        let null = if column.nullable { "" } else { "not null" };
        let line = format!("{:names$}  {:types$}  {null}", column.name, column.sql_type());
        format!("{}\n", line.trim_end())
    };
    Ok(table.shown().map(line).collect())
}

fn known(name: &str) -> anyhow::Result<&'static TableDocument> {
    let tables = documented_tables();
    let Some(table) = tables.iter().find(|table| table.name == name) else {
        let known: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        bail!("there is no table {name:?}; there are {}", known.join(", "));
    };
    Ok(table)
}

/// All tables with what they hold, or all columns of one.
pub(super) fn described(table: Option<&str>) -> anyhow::Result<String> {
    let tables = documented_tables();
    let mut text = String::new();
    let Some(name) = table else {
        for table in tables {
            writeln!(text, "{}  {}", table.name, table.comment())?;
        }
        return Ok(text);
    };
    let table = known(name)?;
    let names = table.shown().map(|column| column.name.len()).max().unwrap_or_default();
    let types = table.shown().map(|column| column.sql_type().len()).max().unwrap_or_default();
    writeln!(text, "{}", table.comment())?;
    for column in table.shown() {
        writeln!(text, "{:names$}  {:types$}  {}", column.name, column.sql_type(), column.comment())?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_listed_and_a_wrong_name_answered_with_the_right_ones() {
        let all = described(None).unwrap();
        assert!(all.lines().count() >= 3 && all.contains("calls  "), "{all}");
        let calls = described(Some("calls")).unwrap();
        assert!(
            calls.lines().any(|line| line.starts_with("started_at") && line.contains("timestamptz")),
            "{calls}"
        );
        assert!(!calls.contains("_stamp"), "{calls}");
        let error = described(Some("call")).unwrap_err().to_string();
        assert!(error.contains("there are") && error.contains("call_events"), "{error}");
    }
}
