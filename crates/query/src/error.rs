//! What can go wrong while answering a question, and whose fault it is.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use crate::room;

/// A place in a statement; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: u64,
    /// In characters.
    pub column: u64,
}

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement is not one read-only query over our tables, or does not parse or plan.
    #[error("the statement was refused: {reason}")]
    Statement { reason: String, position: Option<Position>, hint: Option<String> },
    /// As many statements run as may, and the queue is full or too slow.
    #[error("{running} statements run at once, {of_caller} of one caller; send it again")]
    Busy { running: usize, of_caller: usize },
    #[error("the statement took longer than {seconds} s")]
    TimeLimit { seconds: u64 },
    /// The answer is larger than answers may be.
    #[error("the answer has more than {limit}; ask for less of it, or export it")]
    TooLarge { limit: String },
    /// Nobody took the rows.
    #[error("nobody read on for {seconds} s, so the answer was ended")]
    Idle { seconds: u64 },
    /// No file of that name in `queries/`.
    #[error("there is no named query {name:?}")]
    UnknownQuery { name: String },
    /// A parameter of a named query is missing, unknown or of another type than its header says.
    #[error("parameter {name:?} of query {query:?}: {reason}")]
    Parameter { query: String, name: String, reason: String },
    /// A search or a history was asked for something impossible.
    #[error("{what}")]
    Invalid { what: String },
    /// The answer would take more memory than questions may use.
    #[error("the query needs more memory than it may use: {reason}")]
    OutOfMemory { reason: String },
    #[error("reading the lake failed")]
    Lake(#[source] callhouse_lake::Error),
    #[error("{operation} failed")]
    Execute {
        operation: &'static str,
        #[source]
        source: Box<DataFusionError>,
    },
}

impl Error {
    /// True when the one who asked must change the question; false when callhouse or its disk is at fault.
    #[must_use]
    pub const fn is_callers_fault(&self) -> bool {
        match self {
            Self::Statement { .. }
            | Self::UnknownQuery { .. }
            | Self::Parameter { .. }
            | Self::Invalid { .. }
            | Self::Busy { .. }
            | Self::TimeLimit { .. }
            | Self::TooLarge { .. }
            | Self::Idle { .. }
            | Self::OutOfMemory { .. } => true,
            Self::Lake(_) | Self::Execute { .. } => false,
        }
    }

    /// A statement that is refused for a reason that has no place.
    pub(crate) fn statement(reason: impl Into<String>) -> Self {
        Self::Statement { reason: reason.into(), position: None, hint: None }
    }

    /// What the caller may have meant, of a statement that was refused.
    fn refusal(source: &DataFusionError) -> Self {
        let reason = source.find_root().strip_backtrace();
        Self::Statement { reason, position: room::position(source), hint: room::hint(source) }
    }

    /// An error of a question of ours: what went wrong is not the caller's doing.
    pub(crate) fn execute(operation: &'static str, source: DataFusionError) -> Self {
        match known(source) {
            Ok(error) => error,
            Err(source) => Self::Execute { operation, source: Box::new(source) },
        }
    }

    /// An error of a caller's statement, while it is planned or run.
    pub(crate) fn of_statement(source: DataFusionError) -> Self {
        let source = match known(source) {
            Ok(error) => return error,
            Err(source) => source,
        };
        match source.find_root() {
            DataFusionError::SQL(..)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Execution(_)
            | DataFusionError::Configuration(_)
            | DataFusionError::Diagnostic(..)
            | DataFusionError::Collection(_) => Self::refusal(&source),
            DataFusionError::ArrowError(error, _) if is_of_values(error) => Self::refusal(&source),
            DataFusionError::External(error) if error.to_string().starts_with("regex parse error") => {
                Self::refusal(&source)
            }
            _ => Self::Execute { operation: "running a statement", source: Box::new(source) },
        }
    }
}

/// An error that says itself whose fault it is, wherever it came up.
fn known(source: DataFusionError) -> Result<Error, DataFusionError> {
    // What a function of ours refuses comes up wherever it is called, also while constants are folded.
    if let DataFusionError::External(error) = source.find_root()
        && let Some(Error::Invalid { what }) = error.downcast_ref::<Error>()
    {
        return Ok(Error::Invalid { what: what.clone() });
    }
    if let DataFusionError::ResourcesExhausted(reason) = source.find_root() {
        return Ok(Error::OutOfMemory { reason: reason.clone() });
    }
    if let DataFusionError::ArrowError(error, _) = source.find_root()
        && error.to_string().contains("disk space during the spilling")
    {
        return Ok(Error::OutOfMemory { reason: "the spill folder is full".to_owned() });
    }
    match source {
        DataFusionError::External(error) => match error.downcast::<Error>() {
            Ok(ours) => Ok(*ours),
            Err(error) => Err(DataFusionError::External(error)),
        },
        DataFusionError::Context(_, inner) if matches!(*inner, DataFusionError::External(_)) => known(*inner),
        other => Err(other),
    }
}

/// True for errors that values cause: a division by zero, a text that is no number.
fn is_of_values(error: &ArrowError) -> bool {
    matches!(
        error,
        ArrowError::CastError(_)
            | ArrowError::ParseError(_)
            | ArrowError::ComputeError(_)
            | ArrowError::DivideByZero
            | ArrowError::ArithmeticOverflow(_)
            | ArrowError::InvalidArgumentError(_)
    )
}
