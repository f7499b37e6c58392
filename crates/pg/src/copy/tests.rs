use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};

use super::*;

fn copied(sql: &str) -> String {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]))),
        ("text", Arc::new(StringArray::from(vec![Some("a,b\t\"c\"\\"), Some(""), Some("two\nlines")]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let form = read(sql).unwrap().unwrap().form;
    let rows = Rows::new(&batch, &[form.number()]).unwrap();
    let names = ["n", "text"];
    let forced = form.forced(&names);
    let mut out = BytesMut::new();
    form.begin(&names, &mut out);
    for row in 0..rows.len() {
        form.row(&rows, row, row == 0, &forced, &mut out);
    }
    form.end(rows.len() == 0, &mut out);
    contents(&out)
}

/// What the messages carry.
fn contents(mut messages: &[u8]) -> String {
    let mut text = String::new();
    while let [b'd', a, b, c, d, rest @ ..] = messages {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize - 4;
        let (body, after) = rest.split_at(length);
        text += &String::from_utf8_lossy(body);
        messages = after;
    }
    assert!(messages.is_empty());
    text
}

#[test]
fn rows_are_written_as_postgresql_copies_them() {
    assert_eq!(copied("COPY (SELECT 1) TO STDOUT"), "1\ta,b\\t\"c\"\\\\\n\\N\t\n3\ttwo\\nlines\n");
    assert_eq!(
        copied("COPY (SELECT 1) TO STDOUT WITH (FORMAT csv, HEADER)"),
        "n,text\n1,\"a,b\t\"\"c\"\"\\\"\n,\"\"\n3,\"two\nlines\"\n"
    );
    assert_eq!(
        copied("copy calls to stdout with csv delimiter as ';' null as '-' force quote *"),
        "\"1\";\"a,b\t\"\"c\"\"\\\"\n-;\"\"\n\"3\";\"two\nlines\"\n"
    );
    assert_eq!(
        copied("COPY calls TO STDOUT (FORMAT 'csv', ESCAPE '\\', FORCE_QUOTE (n), HEADER off)"),
        "\"1\",\"a,b\t\\\"c\\\"\\\\\"\n,\"\"\n\"3\",\"two\nlines\"\n"
    );
    let binary = copied("COPY calls TO STDOUT BINARY");
    assert!(binary.starts_with("PGCOPY\n") && binary.ends_with("two\nlines\u{fffd}\u{fffd}"), "{binary:?}");
}

#[test]
fn what_is_copied_is_a_query_at_its_place_or_a_table() {
    let query = |sql: &str| read(sql).unwrap().unwrap().query;
    assert_eq!(query("COPY\n (SELECT ')' FROM calls) TO STDOUT"), "    \n  SELECT ')' FROM calls");
    assert_eq!(query("COPY calls TO STDOUT"), "SELECT * FROM \"calls\"");
    assert_eq!(
        query("COPY public.calls (call_id, debit) TO STDOUT;"),
        "SELECT call_id, debit FROM \"public\".\"calls\""
    );
    assert_eq!(query("COPY \"public\".\"Calls\"(a) TO STDOUT"), "SELECT a FROM \"public\".\"Calls\"");
    assert!(read("SELECT copy FROM calls").is_none());
}

#[test]
fn anything_but_rows_to_the_client_is_refused() {
    for (sql, code) in [
        ("COPY calls FROM STDIN", "25006"),
        ("COPY calls TO '/etc/passwd'", "42501"),
        ("COPY calls TO PROGRAM 'cat'", "42501"),
        ("COPY (SELECT 1) TO 'stdout'", "42501"),
        ("COPY (SELECT 1 TO STDOUT", "42601"),
        ("COPY calls", "42601"),
        ("COPY calls TO STDOUT (FORMAT xml)", "22023"),
        ("COPY calls TO STDOUT (DELIMITER 'ab')", "22023"),
        ("COPY calls TO STDOUT (ENCODING 'latin1')", "22023"),
        ("COPY calls TO STDOUT (FREEZE)", "42601"),
        ("COPY calls TO STDOUT (FORMAT binary, HEADER)", "42601"),
        ("COPY calls TO STDOUT (QUOTE '''')", "0A000"),
    ] {
        let refused = read(sql).unwrap().unwrap_err();
        assert_eq!(refused.code, code, "{sql}: {refused:?}");
    }
}
