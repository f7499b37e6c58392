//! Whom statements are asked of.

use anyhow::anyhow;
use arrow::datatypes::SchemaRef;
use callhouse_query::{Answer, Error};

use super::Session;
use super::remote::Remote;

pub(super) enum Source {
    /// A data folder, by this process.
    Lake(Session),
    /// A running server.
    Server(Remote),
}

impl Source {
    /// The rows of one statement, as they come.
    pub(super) async fn ask(&self, statement: &str) -> anyhow::Result<(SchemaRef, Answer)> {
        match self {
            Self::Lake(session) => session.engine.sql(&session.scope, statement).await.map_err(refusal),
            Self::Server(server) => server.ask(statement).await,
        }
    }
}

/// A refusal with its place and hint, which the error of the engine keeps apart.
fn refusal(error: Error) -> anyhow::Error {
    match error {
        Error::Statement { reason, position, hint } => {
            let place = position.map(|position| (position.line, position.column));
            anyhow!(placed(&reason, place, hint.as_deref()))
        }
        error => error.into(),
    }
}

/// What was wrong, where, and what was perhaps meant.
pub(super) fn placed(reason: &str, place: Option<(u64, u64)>, hint: Option<&str>) -> String {
    let mut text = reason.to_owned();
    if let Some((line, column)) = place {
        text += &format!(" (line {line}, column {column})");
    }
    if let Some(hint) = hint {
        text += &format!("\nhint: {hint}");
    }
    text
}
