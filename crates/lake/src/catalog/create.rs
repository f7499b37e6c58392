//! A new catalog: the DuckLake tables with the rows DuckDB would have written for our schema, and our own tables.

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
    let mut next_catalog_id = 1;
    let mut created = Vec::new();
    for table in Table::ALL {
        create_table(transaction, table, &mut next_catalog_id).await?;
        created.push(format!(r#"created_table:"{LAKE_SCHEMA}"."{}""#, table.name()));
    }
    let schema_created = format!(r#"created_schema:"{LAKE_SCHEMA}""#);
    write_snapshot(transaction, 0, now, 1, &schema_created).await?;
    write_snapshot(transaction, TABLES_SNAPSHOT, now, next_catalog_id, &created.join(",")).await
}

/// A snapshot whose `schema_version` is its id, as those that change the schema have here.
async fn write_snapshot(
    transaction: &mut Transaction<'_, Sqlite>,
    id: i64,
    at: Timestamp,
    next_catalog_id: i64,
    changes: &str,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?1, ?2, ?1, ?3, 0)")
        .bind(id)
        .bind(timestamp_to_text(at))
        .bind(next_catalog_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_snapshot_changes VALUES (?1, ?2, 'callhouse', 'create', NULL)")
        .bind(id)
        .bind(changes)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn create_table(
    transaction: &mut Transaction<'_, Sqlite>,
    table: Table,
    next_catalog_id: &mut i64,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    let mut take_id = || {
        let id = *next_catalog_id;
        *next_catalog_id += 1;
        id
    };
    let table_id = take_id();
    sqlx::query("INSERT INTO ducklake_table VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, 1)")
        .bind(table_id)
        .bind(Uuid::new_v4().to_string())
        .bind(TABLES_SNAPSHOT)
        .bind(SCHEMA_ID)
        .bind(table.name())
        .bind(format!("{}/", table.name()))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO ducklake_schema_versions VALUES (?1, ?1, ?2)")
        .bind(TABLES_SNAPSHOT)
        .bind(table_id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let schema = table.schema();
    create_columns(transaction, table_id, &schema).await?;
    if let Some(month_column) = table.month_column() {
        partition_by_month(transaction, table_id, take_id(), column_id(&schema, month_column)).await?;
    }
    sort_by(transaction, table_id, take_id(), table.sort_columns()).await
}

async fn create_columns(
    transaction: &mut Transaction<'_, Sqlite>,
    table_id: i64,
    schema: &Schema,
) -> Result<(), Error> {
    for (field, id) in schema.fields().iter().zip(1_i64..) {
        sqlx::query(
            "INSERT INTO ducklake_column VALUES (?1, ?2, NULL, ?3, ?1, ?4, ?5, NULL, 'NULL', ?6, NULL, 'literal', 'duckdb')",
        )
        .bind(id)
        .bind(TABLES_SNAPSHOT)
        .bind(table_id)
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
    table_id: i64,
    partition_id: i64,
    column_id: Option<i64>,
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_partition_info VALUES (?1, ?2, ?3, NULL)")
        .bind(partition_id)
        .bind(table_id)
        .bind(TABLES_SNAPSHOT)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    for (transform, index) in PARTITION_TRANSFORMS.iter().zip(0_i64..) {
        sqlx::query("INSERT INTO ducklake_partition_column VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(partition_id)
            .bind(table_id)
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
    table_id: i64,
    sort_id: i64,
    columns: &[&str],
) -> Result<(), Error> {
    let failed = Error::catalog("creation");
    sqlx::query("INSERT INTO ducklake_sort_info VALUES (?1, ?2, ?3, NULL)")
        .bind(sort_id)
        .bind(table_id)
        .bind(TABLES_SNAPSHOT)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    for (column, index) in columns.iter().zip(0_i64..) {
        sqlx::query(
            "INSERT INTO ducklake_sort_expression VALUES (?1, ?2, ?3, ?4, 'duckdb', 'ASC', 'NULLS_LAST')",
        )
        .bind(sort_id)
        .bind(table_id)
        .bind(index)
        .bind(*column)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}
