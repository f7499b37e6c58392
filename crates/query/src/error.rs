//! What can go wrong while answering a question, and whose fault it is.

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
    /// The answer would take more memory than the engine may use.
    #[error("the query needs more memory than the limit of {limit_bytes} bytes")]
    OutOfMemory { limit_bytes: usize },
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

    pub(crate) fn execute(operation: &'static str, source: DataFusionError) -> Self {
        Self::Execute { operation, source: Box::new(source) }
    }
}
