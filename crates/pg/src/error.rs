//! What can go wrong, and how the wire says it: SQLSTATE (PostgreSQL, "Error Codes"), place and hint.

use std::path::PathBuf;

use callhouse_query::{Error as QueryError, Position};
use pgwire::messages::response::ErrorResponse;

/// Characters of a message or hint.
const MAX_CHARACTERS: usize = 4_000;

/// Why the wire cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("reading {path} for TLS failed")]
    ReadTls {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} holds no {what} in PEM form")]
    NoTls { path: PathBuf, what: &'static str },
    #[error("TLS refused its certificate or key")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

/// What one client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) position: Option<Position>,
    /// The connection ends with it.
    pub(crate) fatal: bool,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, position: None, fatal: false }
    }

    pub(crate) fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::new(code, message) }
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn canceled() -> Self {
        Self::new("57014", "canceling statement due to user request")
    }

    /// What the room answered. A fault of ours is logged here and not told.
    pub(crate) fn of(error: QueryError) -> Self {
        match error {
            QueryError::Statement { reason, position, hint } => {
                let mut failure = Self::new(sqlstate(&reason), reason);
                (failure.position, failure.hint) = (position, hint);
                failure
            }
            QueryError::Busy { .. } => Self::new("53300", error.to_string()),
            QueryError::TimeLimit { .. } => Self::new("57014", error.to_string()),
            QueryError::TooLarge { .. } => Self::new("54000", error.to_string()),
            QueryError::Idle { .. } => Self::new("57014", error.to_string()),
            QueryError::OutOfMemory { .. } => Self::new("53200", error.to_string()),
            QueryError::Invalid { .. } | QueryError::Parameter { .. } | QueryError::UnknownQuery { .. } => {
                Self::new("22023", error.to_string())
            }
            QueryError::Lake(_) | QueryError::Execute { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "a statement failed");
                Self::new("XX000", "a fault of callhouse; its log has the details")
            }
        }
    }

    /// The message, with the place as a character of `sql` counted from 1.
    pub(crate) fn response(&self, sql: &str) -> ErrorResponse {
        let severity = if self.fatal { "FATAL" } else { "ERROR" };
        let short = |text: &str| text.chars().filter(|letter| *letter != '\0').take(MAX_CHARACTERS).collect();
        let mut fields: Vec<(u8, String)> = vec![
            (b'S', severity.to_owned()),
            (b'V', severity.to_owned()),
            (b'C', self.code.to_owned()),
            (b'M', short(&self.message)),
        ];
        if let Some(hint) = &self.hint {
            fields.push((b'H', short(hint)));
        }
        if let Some(place) = self.position.and_then(|position| character(sql, position)) {
            fields.push((b'P', place.to_string()));
        }
        ErrorResponse::new(fields)
    }
}

fn sqlstate(reason: &str) -> &'static str {
    let lower = reason.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["read only", "only queries"]) {
        "25006"
    } else if has(&["sql error", "parsererror", "tokenizererror", "expected:", "unterminated"]) {
        "42601"
    } else if has(&["table '"]) && has(&["not found"]) {
        "42P01"
    } else if has(&["no field named", "field not found", "column '"]) {
        "42703"
    } else if has(&["invalid function", "function '"]) {
        "42883"
    } else if has(&["divide by zero", "division by zero"]) {
        "22012"
    } else if has(&["cast error", "cannot cast", "does not fit", "parse error"]) {
        "22P02"
    } else if has(&["for administrators"]) {
        "42501"
    } else {
        "42000"
    }
}

fn character(sql: &str, position: Position) -> Option<usize> {
    let line = usize::try_from(position.line).ok()?.checked_sub(1)?;
    let before: usize = sql.split_inclusive('\n').take(line).map(|line| line.chars().count()).sum();
    Some(before + usize::try_from(position.column).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_character_of_the_whole_text() {
        let at = |line, column| character("SELECT é\nFROM x", Position { line, column });
        assert_eq!((at(1, 8), at(2, 6)), (Some(8), Some(15)));
    }

    #[test]
    fn messages_carry_their_code_and_are_not_endless() {
        let failure = Failure::new("42601", "x".repeat(100_000)).with_hint("y");
        let fields = failure.response("").fields;
        let of = |code: u8| fields.iter().find(|(known, _)| *known == code).map(|(_, text)| text.as_str());
        assert_eq!((of(b'C'), of(b'H')), (Some("42601"), Some("y")));
        assert_eq!(of(b'M').map(str::len), Some(MAX_CHARACTERS));
    }
}
