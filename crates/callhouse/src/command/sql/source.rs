//! Whom statements are asked of.

use arrow::datatypes::SchemaRef;
use callhouse_query::{Answer, Engine, Scope};

use super::remote::Remote;

pub(super) enum Source {
    /// A data folder, by this process.
    Lake { engine: Engine, scope: Scope },
    /// A running server.
    Server(Remote),
}

impl Source {
    /// The rows of one statement, as they come.
    pub(super) async fn ask(&self, statement: &str) -> anyhow::Result<(SchemaRef, Answer)> {
        match self {
            Self::Lake { engine, scope } => Ok(engine.sql(scope, statement).await?),
            Self::Server(server) => server.ask(statement).await,
        }
    }
}
