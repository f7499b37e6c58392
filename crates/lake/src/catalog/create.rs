//! A new catalog: the DuckLake tables with the rows DuckDB would have written for our schema, and our own tables. Also new
//! tables in a catalog that an earlier version has made.

use arrow::datatypes::Schema;
use callhouse_core::Timestamp;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::tables::{column_id, column_type};
use crate::error::Error;
use crate::file::statistics::timestamp_to_text;
use crate::folder::LAKE_SCHEMA;
use crate::table::Table;

/// The DuckLake specification we write.
pub(super) const DUCKLAKE_VERSION: &str = "1.0";
/// Version of what we keep beside it, `callhouse_meta.schema_version`.
pub(super) const SCHEMA_VERSION: &str = "1";

const SCHEMA_ID: i64 = 0;
/// Snapshot 0 is the empty schema, snapshot 1 the empty tables.
const TABLES_SNAPSHOT: i64 = 1;
const PARTITION_TRANSFORMS: [&str; 2] = ["year", "month"];

/// Fills an empty database.
pub(super) async fn create(
    transaction: &mut Transaction<'_, Sqlite>,
    data_path: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    for statements in [include_str!("ducklake.sql"), include_str!("callhouse.sql")] {
        sqlx::raw_sql(statements).execute(&mut **transaction).await.map_err(failed)?;
    }
    let created_by = format!("callhouse {}", env!("CARGO_PKG_VERSION"));
    for (key, value) in [
        ("version", DUCKLAKE_VERSION),
        ("created_by", created_by.as_str()),
        ("data_path", data_path),
        ("encrypted", "false"),
    ] {
        sqlx::query("INSERT INTO ducklake_metadata (key, value) VALUES (?1, ?2)")
            .bind(key)
            .bind(value)
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    }
    sqlx::query("INSERT INTO callhouse_meta (key, value) VALUES ('schema_version', ?1)")
        .bind(SCHEMA_VERSION)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_schema VALUES (?1, ?2, 0, NULL, ?3, ?4, 1)")
        .bind(SCHEMA_ID)
        .bind(Uuid::new_v4().to_string())
        .bind(LAKE_SCHEMA)
        .bind(format!("{LAKE_SCHEMA}/"))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let schema_created = format!(r#"created_schema:"{LAKE_SCHEMA}""#);
    write_snapshot(transaction, Next { snapshot_id: 0, catalog_id: 1, file_id: 0 }, now, &schema_created)
        .await?;
    let first = Next { snapshot_id: TABLES_SNAPSHOT, catalog_id: 1, file_id: 0 };
    create_tables(transaction, &Table::ALL, first, now).await
}

/// Creates tables that a catalog does not have yet, in one snapshot behind the newest.
pub(super) async fn add_tables(
    transaction: &mut Transaction<'_, Sqlite>,
    missing: &[Table],
    now: Timestamp,
) -> Result<(), Error> {
    let (newest_id, catalog_id, file_id): (i64, i64, i64) = sqlx::query_as(
        "SELECT snapshot_id, next_catalog_id, next_file_id FROM ducklake_snapshot
         ORDER BY snapshot_id DESC LIMIT 1",
    )
    .fetch_one(&mut **transaction)
    .await
    .map_err(Error::catalog("creation of tables"))?;
    create_tables(transaction, missing, Next { snapshot_id: newest_id + 1, catalog_id, file_id }, now).await
}

/// The snapshot to write, and the ids that are free.
#[derive(Debug, Clone, Copy)]
struct Next {
    snapshot_id: i64,
    catalog_id: i64,
    file_id: i64,
}

impl Next {
    fn take_catalog_id(&mut self) -> i64 {
        self.catalog_id += 1;
        self.catalog_id - 1
    }
}

async fn create_tables(
    transaction: &mut Transaction<'_, Sqlite>,
    tables: &[Table],
    mut next: Next,
    now: Timestamp,
) -> Result<(), Error> {
    let mut created = Vec::with_capacity(tables.len());
    for table in tables {
        create_table(transaction, *table, &mut next).await?;
        created.push(format!(r#"created_table:"{LAKE_SCHEMA}"."{}""#, table.name()));
    }
    write_snapshot(transaction, next, now, &created.join(",")).await
}

/// A snapshot whose `schema_version` is its id, as those that change the schema have here.
async fn write_snapshot(
    transaction: &mut Transaction<'_, Sqlite>,
    next: Next,
    at: Timestamp,
    changes: &str,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?1, ?2, ?1, ?3, ?4)")
        .bind(next.snapshot_id)
        .bind(timestamp_to_text(at))
        .bind(next.catalog_id)
        .bind(next.file_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_snapshot_changes VALUES (?1, ?2, 'callhouse', 'create', NULL)")
        .bind(next.snapshot_id)
        .bind(changes)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn create_table(
    transaction: &mut Transaction<'_, Sqlite>,
    table: Table,
    next: &mut Next,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    let table_id = next.take_catalog_id();
    let of = Created { table_id, snapshot_id: next.snapshot_id };
    sqlx::query("INSERT INTO ducklake_table VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, 1)")
        .bind(table_id)
        .bind(Uuid::new_v4().to_string())
        .bind(of.snapshot_id)
        .bind(SCHEMA_ID)
        .bind(table.name())
        .bind(format!("{}/", table.name()))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_schema_versions VALUES (?1, ?1, ?2)")
        .bind(of.snapshot_id)
        .bind(table_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let schema = table.schema();
    create_columns(transaction, of, &schema).await?;
    if let Some(month_column) = table.month_column() {
        let partition_id = next.take_catalog_id();
        partition_by_month(transaction, of, partition_id, column_id(&schema, month_column)).await?;
    }
    sort_by(transaction, of, next.take_catalog_id(), table.sort_columns()).await
}

/// A table being created.
#[derive(Debug, Clone, Copy)]
struct Created {
    table_id: i64,
    snapshot_id: i64,
}

async fn create_columns(
    transaction: &mut Transaction<'_, Sqlite>,
    of: Created,
    schema: &Schema,
) -> Result<(), Error> {
    for (field, id) in schema.fields().iter().zip(1_i64..) {
        sqlx::query(
            "INSERT INTO ducklake_column VALUES (?1, ?2, NULL, ?3, ?1, ?4, ?5, NULL, 'NULL', ?6, NULL, 'literal', 'duckdb')",
        )
        .bind(id)
        .bind(of.snapshot_id)
        .bind(of.table_id)
        .bind(field.name())
        .bind(column_type(field.data_type())?)
        .bind(field.is_nullable())
        .execute(&mut **transaction)
        .await
        .map_err(Error::catalog("creation"))?;
    }
    Ok(())
}

async fn partition_by_month(
    transaction: &mut Transaction<'_, Sqlite>,
    of: Created,
    partition_id: i64,
    column_id: Option<i64>,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_partition_info VALUES (?1, ?2, ?3, NULL)")
        .bind(partition_id)
        .bind(of.table_id)
        .bind(of.snapshot_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    for (transform, index) in PARTITION_TRANSFORMS.iter().zip(0_i64..) {
        sqlx::query("INSERT INTO ducklake_partition_column VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(partition_id)
            .bind(of.table_id)
            .bind(index)
            .bind(column_id)
            .bind(*transform)
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

async fn sort_by(
    transaction: &mut Transaction<'_, Sqlite>,
    of: Created,
    sort_id: i64,
    columns: &[&str],
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_sort_info VALUES (?1, ?2, ?3, NULL)")
        .bind(sort_id)
        .bind(of.table_id)
        .bind(of.snapshot_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    for (column, index) in columns.iter().zip(0_i64..) {
        sqlx::query(
            "INSERT INTO ducklake_sort_expression VALUES (?1, ?2, ?3, ?4, 'duckdb', 'ASC', 'NULLS_LAST')",
        )
        .bind(sort_id)
        .bind(of.table_id)
        .bind(index)
        .bind(*column)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}
