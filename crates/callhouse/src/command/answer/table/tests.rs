use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};

use super::*;

fn answer() -> (Schema, Vec<RecordBatch>) {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "name",
            Arc::new(StringArray::from(vec![Some("amber"), None, Some("日本語 and a long tail of letters")])),
        ),
        ("calls", Arc::new(Int64Array::from(vec![Some(7), Some(1_234), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    (batch.schema().as_ref().clone(), vec![batch])
}

fn shown(width: Option<usize>, expanded: Expanded) -> String {
    let (schema, batches) = answer();
    lines(&schema, &batches, Shape { width, expanded }).unwrap()
}

#[test]
fn a_table_is_as_wide_as_its_values_where_there_is_room() {
    let wanted = concat!(
        " name                              | calls\n",
        "-----------------------------------+-------\n",
        " amber                             |     7\n",
        "                                   |  1234\n",
        " 日本語 and a long tail of letters |\n",
    );
    // The three wide letters take six places of a terminal.
    assert_eq!(shown(None, Expanded::Auto), wanted);
    assert_eq!(shown(Some(200), Expanded::Auto), shown(None, Expanded::Off));
}

#[test]
fn no_line_is_longer_than_the_terminal_and_nothing_is_lost() {
    for width in [19, 25, 30, 40] {
        let text = shown(Some(width), Expanded::Auto);
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= width, "{width}: {line:?}");
        }
        let letters: String =
            text.lines().skip(4).map(|line| line.split('|').next().unwrap().trim()).collect();
        assert_eq!(letters.replace(' ', ""), "日本語andalongtailofletters", "{text}");
    }
}

#[test]
fn rows_that_cannot_fit_are_shown_a_column_a_line() {
    let text = shown(Some(10), Expanded::Auto);
    assert!(
        text.starts_with("-[ record 1 ]-\nname  | amber\ncalls | 7\n-[ record 2 ]-\nname  |\n"),
        "{text}"
    );
    assert_eq!(text, shown(Some(200), Expanded::On));
    assert!(shown(Some(10), Expanded::Off).starts_with(" name     | calls"));
}

#[test]
fn sec_1_a_value_cannot_steer_the_terminal() {
    let columns: Vec<(&str, ArrayRef)> =
        vec![("a\u{7}b", Arc::new(StringArray::from(vec!["\u{1b}[2J\u{9b}1m\nx\t"])))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    for expanded in [Expanded::On, Expanded::Off] {
        let text =
            lines(&batch.schema(), std::slice::from_ref(&batch), Shape { width: None, expanded }).unwrap();
        assert!(text.contains("a\\x07b") && text.contains("\\x1b[2J\\x9b1m\\nx\\t"), "{text}");
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
    }
}
