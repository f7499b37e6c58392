//! Rows of a table by the values of one column, many at once.

use arrow::array::RecordBatch;
use datafusion::logical_expr::{ident, lit};

use crate::engine::Engine;
use crate::error::Error;
use crate::scope::Scope;

impl Engine {
    /// The rows of a scope in which a text column has one of these values, with the columns asked for, in no particular
    /// order. Ids are unique within an account only.
    ///
    /// # Errors
    /// [`Error::Lake`], [`Error::Execute`].
    pub async fn rows_by(
        &self,
        scope: &Scope,
        table: &'static str,
        column: &'static str,
        values: &[&str],
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        let failed = |source| Error::execute("looking rows up", source);
        let session = self.session(scope, &self.view().await?)?;
        let values = values.iter().map(|value| lit(*value)).collect();
        let rows = session.table(table).await.map_err(failed)?;
        let found = rows.filter(ident(column).in_list(values, false)).map_err(failed)?;
        let chosen = found.select(columns.iter().map(|name| ident(*name))).map_err(failed)?;
        chosen.collect().await.map_err(failed)
    }
}
