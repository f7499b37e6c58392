//! What can go wrong while answering a question, and whose fault it is.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement is not one read-only query over our tables, or does not parse or plan.
    #[error("the statement was refused: {reason}")]
    Statement { reason: String },
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
            | Self::OutOfMemory { .. } => true,
            Self::Lake(_) | Self::Execute { .. } => false,
        }
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
            | DataFusionError::Collection(_) => Self::Statement { reason: source.strip_backtrace() },
            DataFusionError::ArrowError(error, _) if is_of_values(error) => {
                Self::Statement { reason: source.strip_backtrace() }
            }
            _ => Self::Execute { operation: "running a statement", source: Box::new(source) },
        }
    }
}

/// An error that says itself whose fault it is, wherever it came up.
fn known(source: DataFusionError) -> Result<Error, DataFusionError> {
    if let DataFusionError::ResourcesExhausted(reason) = source.find_root() {
        return Ok(Error::OutOfMemory { reason: reason.clone() });
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
