//! What Tab completes: names of tables and columns, words of SQL, commands.

use callhouse_query::documented_tables;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

const WORDS: &[&str] = &[
    "AND",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COALESCE",
    "COUNT",
    "CROSS",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FILTER",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "ILIKE",
    "INNER",
    "INTERVAL",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NULL",
    "OFFSET",
    "ORDER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "SELECT",
    "TABLE",
    "THEN",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];
const COMMANDS: &[&str] = &["\\d", "\\d+", "\\format", "\\q", "\\timing", "\\x", "\\?"];
const FUNCTIONS: &[&str] = &[
    "call_sums",
    "calls_by",
    "date_trunc",
    "sms_by",
    "sms_sums",
    "time_buckets",
    "timezone",
    "unique_callers",
];

pub(super) struct Completion {
    /// In order, each once.
    names: Vec<String>,
}

impl Default for Completion {
    fn default() -> Self {
        let tables = documented_tables().iter();
        let columns = tables.clone().flat_map(|table| table.shown().map(|column| column.name.clone()));
        let names = tables.map(|table| table.name.clone()).chain(columns);
        let mut names: Vec<String> = names.chain(FUNCTIONS.iter().map(|name| (*name).to_owned())).collect();
        names.sort();
        names.dedup();
        Self { names }
    }
}

impl Completion {
    /// Where the word before the cursor begins, and what it may become.
    fn candidates(&self, before: &str) -> (usize, Vec<String>) {
        let of_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '\\' | '+' | '?');
        let start = before.rfind(|letter| !of_word(letter)).map_or(0, |at| at + 1);
        // What is split is one byte wide or not of a word: `rfind` gives the first byte of a letter.
        let start = (start..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
        let (_, word) = before.split_at(start);
        if word.is_empty() {
            return (start, Vec::new());
        }
        if word.starts_with('\\') {
            let fitting = COMMANDS.iter().filter(|name| name.starts_with(word));
            return (start, fitting.map(|name| (*name).to_owned()).collect());
        }
        let lower = word.to_lowercase();
        let names = self.names.iter().filter(|name| name.starts_with(&lower)).cloned();
        let shouted = word.chars().any(char::is_uppercase);
        let words = WORDS.iter().filter(|known| known.starts_with(&word.to_uppercase()));
        let words = words.map(|known| if shouted { (*known).to_owned() } else { known.to_lowercase() });
        (start, names.chain(words).collect())
    }
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.candidates(line.get(..pos).unwrap_or(line)))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_words_and_commands_are_completed() {
        let completion = Completion::default();
        let of = |text: &str| completion.candidates(text);
        assert_eq!(of("SELECT started"), (7, vec!["started_at".to_owned()]));
        let names = [
            "from_country",
            "from_name",
            "from_number",
            "from_number_raw",
            "from_number_type",
            "from_presentation",
            "from",
        ];
        assert_eq!(of("select count(*) fro").1, names);
        assert!(of("SELECT 1 FR").1.contains(&"FROM".to_owned()));
        assert_eq!(of("\\t"), (0, vec!["\\timing".to_owned()]));
        assert_eq!(of("SELECT 'é').call_ev"), (13, vec!["call_events".to_owned()]));
        assert_eq!(of("SELECT "), (7, Vec::new()));
    }
}
