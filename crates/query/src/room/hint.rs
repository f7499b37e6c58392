//! Where a statement is wrong, and what was perhaps meant.

use std::sync::LazyLock;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::documents;
use crate::error::Position;

/// Where an error points into its statement.
pub(crate) fn position(error: &DataFusionError) -> Option<Position> {
    if let Some(span) = error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        return Some(Position { line: span.start.line, column: span.start.column });
    }
    // The parser says it in words.
    let text = error.to_string();
    let number_after = |label: &str| -> Option<u64> {
        let (_, rest) = text.split_once(label)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some(Position { line: number_after("at Line: ")?, column: number_after(", Column: ")? })
}

/// A name near to one that is not there.
pub(crate) fn hint(error: &DataFusionError) -> Option<String> {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema_error, _) = root
        && let SchemaError::FieldNotFound { field, valid_fields } = schema_error.as_ref()
    {
        let names = valid_fields.iter().map(|valid| valid.name());
        let near = nearest(field.name(), names).map(str::to_owned);
        return near.or_else(|| elsewhere(field.name())).map(|name| format!("did you mean {name:?}?"));
    }
    let text = root.message();
    let (_, rest) = text.split_once("table '")?;
    let (name, rest) = rest.split_once('\'')?;
    if !rest.starts_with(" not found") {
        return None;
    }
    let name = name.rsplit('.').next().unwrap_or(name);
    let near = nearest(name, documents::tables().iter().map(|table| table.name.as_str()));
    Some(near.map_or_else(
        || format!("the tables are {}", documents::names().join(", ")),
        |near| format!("did you mean {near:?}?"),
    ))
}

/// A column of a table that the statement perhaps did not name.
fn elsewhere(name: &str) -> Option<String> {
    static ALL: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let columns = documents::tables().iter().flat_map(|table| table.columns.iter());
        columns.filter(|column| !column.hidden).map(|column| column.name.as_str()).collect()
    });
    nearest(name, ALL.iter().copied()).map(str::to_owned)
}

/// The name that takes the fewest edits, if they are few for its length.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().take(64).collect();
    let scored = names.map(|name| (edits(&wanted, &name.chars().take(64).collect::<Vec<_>>()), name));
    let (distance, name) = scored.min_by_key(|(distance, _)| *distance)?;
    let contained = !wanted.is_empty() && name.contains(&wanted.iter().collect::<String>());
    (distance <= wanted.len() / 3 + 1 || (contained && wanted.len() >= 4)).then_some(name)
}

/// Levenshtein distance.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(to) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let names = || ["started_at", "ended_at", "account"].into_iter();
        assert_eq!(nearest("start_at", names()), Some("started_at"));
        assert_eq!(nearest("STARTED", names()), Some("started_at"));
        assert_eq!(nearest("price", names()), None);
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(edits(&chars("kitten"), &chars("sitting")), 3);
        assert_eq!(edits(&chars(""), &chars("abc")), 3);
    }
}
