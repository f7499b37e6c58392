//! Calls by the ids their sources gave them, many at once.

use arrow::array::RecordBatch;
use datafusion::logical_expr::{ident, lit};

use crate::engine::Engine;
use crate::error::Error;
use crate::scope::Scope;

impl Engine {
    /// The calls of a scope that have one of these ids, with the columns asked for, in no particular order. Ids are unique
    /// within an account only.
    ///
    /// # Errors
    /// [`Error::Lake`], [`Error::Execute`].
    pub async fn calls_by_id(
        &self,
        scope: &Scope,
        call_ids: &[&str],
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        let failed = |source| Error::execute("looking calls up", source);
        let session = self.session(scope, &self.view().await?)?;
        let ids = call_ids.iter().map(|id| lit(*id)).collect();
        let calls = session.table("calls").await.map_err(failed)?;
        let found = calls.filter(ident("call_id").in_list(ids, false)).map_err(failed)?;
        let chosen = found.select(columns.iter().map(|name| ident(*name))).map_err(failed)?;
        chosen.collect().await.map_err(failed)
    }
}
