//! Tables of one row for each record of a family, settled or still changing (LAK-2, LAK-3), such as `calls`.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use callhouse_lake::{Family, Table};

use super::{MemoryRows, SqlTable, Unsettled};
use crate::documents::is_hidden;
use crate::error::Error;
use crate::view::ReadView;

#[derive(Debug)]
pub(crate) struct Records(pub(crate) Family);

/// What readers see of the columns of a family.
fn shown(family: Family) -> SchemaRef {
    let table = family.settled();
    let stored = table.schema();
    let shown = stored.fields().iter().filter(|field| !is_hidden(table.name(), field.name()));
    Arc::new(Schema::new(shown.cloned().collect::<Vec<_>>()))
}

#[async_trait]
impl SqlTable for Records {
    fn files(&self) -> Table {
        self.0.settled()
    }

    fn schema(&self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; Family::COUNT]> = LazyLock::new(|| Family::ALL.map(shown));
        let of_family = Family::ALL.iter().zip(&*SCHEMAS).find(|(family, _)| **family == self.0);
        of_family.map_or_else(|| shown(self.0), |(_, schema)| Arc::clone(schema))
    }

    async fn unsettled(&self, view: &ReadView) -> Result<Unsettled, Error> {
        let overlay = view.overlay(self.0).await?;
        Ok(Unsettled {
            batches: overlay.rows.iter().map(MemoryRows::from).collect(),
            sorted_by_account: true,
            skip: Arc::clone(&overlay.skip),
        })
    }
}
