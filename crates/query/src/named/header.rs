//! The header of a named query: comment lines before the statement.
//!
//! First the question, up to an empty comment. Then sections, each begun by `-- Parameters`, `-- Grain: …` or
//! `-- Columns` and ended by an empty comment; what is in no section explains the question.
//!
//! A parameter is `--   name  type[, optional | = default]  meaning`, where type is text, int, bool, timestamp, money or
//! a choice of texts, `text(one|other)`; a column is `--   name  type  meaning`. Lines that are indented further go on
//! with the meaning.

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Bool,
    Timestamp,
    Money,
}

impl Kind {
    /// The type's name in headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Timestamp => "timestamp",
            Self::Money => "money",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Text, Self::Int, Self::Bool, Self::Timestamp, Self::Money]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A parameter as the header states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    /// The only values there are; any, when there are none.
    pub choices: Vec<&'static str>,
    /// A null, or no value at all, switches off what the parameter is for.
    pub optional: bool,
    /// What stands in for a value that is left out.
    pub default: Option<&'static str>,
    pub meaning: String,
}

/// A column of the answer as the header states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    /// text, int, decimal, timestamp or bool.
    pub kind: &'static str,
    pub meaning: String,
}

/// What a header says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    pub question: String,
    /// Definitions, formulas and their sources; paragraphs are parted by a line feed.
    pub explanation: String,
    pub parameters: Vec<Parameter>,
    pub grain: String,
    pub columns: Vec<Column>,
}

impl Header {
    /// Reads the header of a query. A line that is not of the form is passed over; the tests see to it that none of
    /// ours is.
    pub(super) fn read(sql: &'static str) -> Self {
        let mut header = Self::default();
        let comments: Vec<&'static str> =
            sql.lines().map_while(|line| line.strip_prefix("--")).map(str::trim_end).collect();
        for section in comments.split(|line| line.is_empty()) {
            header.take(section);
        }
        header
    }

    fn take(&mut self, section: &[&'static str]) {
        let Some((first, rest)) = section.split_first() else { return };
        match first.trim() {
            "Parameters" => self.parameters = entries(rest).filter_map(Entry::parameter).collect(),
            "Columns" => self.columns = entries(rest).filter_map(Entry::column).collect(),
            text if text.starts_with("Grain:") => self.grain = joined(section).replacen("Grain: ", "", 1),
            text if text.starts_with("Columns:") => {}
            _ if self.question.is_empty() => self.question = joined(section),
            _ => {
                if !self.explanation.is_empty() {
                    self.explanation.push('\n');
                }
                self.explanation.push_str(&joined(section));
            }
        }
    }
}

/// Name, the words after it, and the lines that go on with the meaning.
struct Entry {
    first: &'static str,
    more: String,
}

fn entries(lines: &[&'static str]) -> impl Iterator<Item = Entry> {
    const INDENT: &str = "   ";
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines {
        match (line.strip_prefix(INDENT), entries.last_mut()) {
            (Some(rest), _) if !rest.starts_with(' ') => {
                entries.push(Entry { first: rest, more: String::new() })
            }
            (_, Some(entry)) => {
                entry.more.push(' ');
                entry.more.push_str(line.trim());
            }
            (_, None) => {}
        }
    }
    entries.into_iter()
}

impl Entry {
    fn meaning(&self, of_first: &str) -> String {
        format!("{}{}", of_first.trim(), self.more).trim().to_owned()
    }

    fn parameter(self) -> Option<Parameter> {
        let (name, rest) = word(self.first)?;
        let (stated, rest) = word(rest)?;
        let (optional, rest) = match rest.strip_prefix("optional") {
            Some(after) if stated.ends_with(',') => (true, after),
            _ => (false, rest),
        };
        let (default, rest) = match rest.strip_prefix("= ").and_then(word) {
            Some((value, after)) => (Some(value), after),
            None => (None, rest),
        };
        let stated = stated.trim_end_matches(',');
        let (kind, choices) = match stated.strip_suffix(')').and_then(|stated| stated.split_once('(')) {
            Some((kind, choices)) => (kind, choices.split('|').collect()),
            None => (stated, Vec::new()),
        };
        let (kind, meaning) = (Kind::parse(kind)?, self.meaning(rest));
        Some(Parameter { name, kind, choices, optional, default, meaning })
    }

    fn column(self) -> Option<Column> {
        let (name, rest) = word(self.first)?;
        let (kind, rest) = word(rest)?;
        Some(Column { name, kind, meaning: self.meaning(rest) })
    }
}

/// The first word of a text, and what follows it without the spaces between.
fn word(text: &'static str) -> Option<(&'static str, &'static str)> {
    let text = text.trim_start();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    (!word.is_empty()).then(|| (word, rest.trim_start()))
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::named::named_queries;

    #[test]
    fn a_header_states_question_parameters_grain_and_columns() {
        let sql = "-- What, and\n-- how?\n--\n-- A = b / c.\n--\n-- Parameters\n--   from   timestamp       start\n\
                   --   label  text(a|b), optional\n--                a name\n--   limit  int = 5  most rows\n--\n\
                   -- Grain: label. None\n-- is left out.\n--\n-- Columns\n--   label  text  a\n--                name\n\
                   SELECT 1 -- one";
        let parameter = |name, kind, choices: &[&'static str], optional, default, meaning: &str| Parameter {
            name,
            kind,
            choices: choices.to_vec(),
            optional,
            default,
            meaning: meaning.to_owned(),
        };
        let wanted = Header {
            question: "What, and how?".to_owned(),
            explanation: "A = b / c.".to_owned(),
            parameters: vec![
                parameter("from", Kind::Timestamp, &[], false, None, "start"),
                parameter("label", Kind::Text, &["a", "b"], true, None, "a name"),
                parameter("limit", Kind::Int, &[], false, Some("5"), "most rows"),
            ],
            grain: "label. None is left out.".to_owned(),
            columns: vec![Column { name: "label", kind: "text", meaning: "a name".to_owned() }],
        };
        assert_eq!(Header::read(sql), wanted);
    }

    #[test]
    fn every_placeholder_of_every_query_is_stated_and_used() {
        for query in named_queries() {
            let body: String =
                query.sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
            let used: BTreeSet<String> = body
                .split('$')
                .skip(1)
                .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
                .collect();
            let stated = query.header.parameters.iter().map(|parameter| parameter.name.to_owned()).collect();
            assert_eq!(used, stated, "{}", query.name);
        }
    }

    #[test]
    fn every_query_says_its_question_and_grain_and_the_meaning_of_all_it_takes_and_gives() {
        for query in named_queries() {
            let header = &query.header;
            assert!(header.question.ends_with('?') || header.question.contains("? "), "{}", query.name);
            assert!(!header.grain.is_empty(), "{}", query.name);
            for parameter in &header.parameters {
                assert!(!parameter.meaning.is_empty(), "{} {}", query.name, parameter.name);
                assert!(
                    !(parameter.optional && parameter.default.is_some()),
                    "{} {}",
                    query.name,
                    parameter.name
                );
            }
            for column in &header.columns {
                assert!(!column.meaning.is_empty(), "{} {}", query.name, column.name);
                let known = ["text", "int", "decimal", "timestamp", "bool"];
                assert!(known.contains(&column.kind), "{} {}", query.name, column.name);
            }
        }
    }
}
