//! What can go wrong, and how gRPC says it: a code, and a text with place and hint.

use callhouse_query::Error as QueryError;
use tonic::{Code, Status};

/// Characters of a text. It travels in a header, which clients hold to 8 KiB.
const MAX_CHARACTERS: usize = 2_000;

/// Why the door cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("serving gRPC failed")]
    Serve(#[source] tonic::transport::Error),
}

/// What the room answered. A fault of ours is logged here and not told.
pub(crate) fn of_query(error: QueryError) -> Status {
    let code = match &error {
        QueryError::Statement { reason, position, hint } => {
            let place = position.map(|at| format!(" (line {}, column {})", at.line, at.column));
            let hint = hint.as_ref().map(|hint| format!("; {hint}"));
            let (place, hint) = (place.unwrap_or_default(), hint.unwrap_or_default());
            return refused(format!("{reason}{place}{hint}"));
        }
        QueryError::Invalid { .. } | QueryError::Parameter { .. } => Code::InvalidArgument,
        QueryError::UnknownQuery { .. } => Code::NotFound,
        QueryError::Busy { .. } | QueryError::TooLarge { .. } | QueryError::OutOfMemory { .. } => {
            Code::ResourceExhausted
        }
        QueryError::TimeLimit { .. } | QueryError::Idle { .. } => Code::DeadlineExceeded,
        QueryError::Lake(_) | QueryError::Execute { .. } => return fault(&error),
    };
    told(code, error.to_string())
}

/// Something the client must ask otherwise.
pub(crate) fn refused(reason: impl Into<String>) -> Status {
    told(Code::InvalidArgument, reason.into())
}

/// Something this door does not do.
pub(crate) fn unimplemented(reason: impl Into<String>) -> Status {
    told(Code::Unimplemented, reason.into())
}

/// A handle or ticket that is not there, or another account's: both look the same.
pub(crate) fn unknown(what: &str) -> Status {
    let text =
        format!("this {what} is not known: it has expired, or is not of this account; ask for it again");
    told(Code::NotFound, text)
}

/// A fault of ours.
pub(crate) fn fault(error: &(dyn std::error::Error + 'static)) -> Status {
    tracing::error!(error, "a request failed");
    Status::internal("a fault of callhouse; its log has the details")
}

fn told(code: Code, text: String) -> Status {
    let short = if text.len() > MAX_CHARACTERS { text.chars().take(MAX_CHARACTERS).collect() } else { text };
    Status::new(code, short)
}

#[cfg(test)]
mod tests {
    use callhouse_query::Position;

    use super::*;

    #[test]
    fn a_refusal_says_what_where_and_what_was_perhaps_meant() {
        let status = of_query(QueryError::Statement {
            reason: "no field named start_at".to_owned(),
            position: Some(Position { line: 1, column: 8 }),
            hint: Some("did you mean \"started_at\"?".to_owned()),
        });
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(
            status.message(),
            "no field named start_at (line 1, column 8); did you mean \"started_at\"?"
        );
        assert_eq!(refused("é".repeat(100_000)).message().chars().count(), MAX_CHARACTERS);
    }
}
