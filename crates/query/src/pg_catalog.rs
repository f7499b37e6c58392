//! `pg_catalog` and `information_schema`: what PostgreSQL's clients ask of a server before they show its tables.
//!
//! Made from the tables' documents, so it is the same for every caller and tells nothing of any account (TEN-1). One
//! owner, one database, one schema of ours; no keys, indexes, defaults or triggers, so those relations are empty.

mod functions;
mod names;
mod oids;
mod relations;
mod rewrite;
mod types;

use std::sync::Arc;

use datafusion::catalog::SchemaProvider;
use datafusion::catalog::memory::MemorySchemaProvider;
use datafusion::datasource::MemTable;
use datafusion::error::Result;

pub(crate) use functions::{current_user, functions};
pub(crate) use rewrite::rewrite;

/// The schemas' names.
const SCHEMA: &str = "pg_catalog";
const INFORMATION_SCHEMA: &str = "information_schema";

/// What `version()` says; clients read the number and choose their questions by it.
pub(crate) const SERVER_VERSION: &str = "15.0";

/// The relations as schemas, with their names.
pub(crate) fn schemas() -> Result<Vec<(&'static str, Arc<dyn SchemaProvider>)>> {
    let mut schemas = Vec::new();
    for name in [SCHEMA, INFORMATION_SCHEMA] {
        let schema = MemorySchemaProvider::new();
        for relation in relations::of_schema(name) {
            let batch = relation.batch()?;
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
            schema.register_table(relation.name.to_owned(), Arc::new(table))?;
        }
        schemas.push((name, Arc::new(schema) as Arc<dyn SchemaProvider>));
    }
    Ok(schemas)
}
