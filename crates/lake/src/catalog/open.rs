//! Opening: connections with the durability we promise, and a catalog that is ours and of our version.

use std::time::Duration;

use callhouse_core::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::create::{self, DUCKLAKE_VERSION, SCHEMA_VERSION};
use super::tables::{TableIds, column_type};
use super::younger;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::table::Table;

/// How long a writer waits for another; commits take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 8;

/// Opens the database, creating folders and file. Every commit is fsynced before it is answered.
pub(super) async fn connect(folder: &DataFolder) -> Result<SqlitePool, Error> {
    let lake_path = folder.lake_path();
    tokio::fs::create_dir_all(&lake_path).await.map_err(|source| Error::File {
        operation: "create folder",
        path: lake_path.clone(),
        source,
    })?;
    let options = SqliteConnectOptions::new()
        .filename(folder.catalog_path())
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = retry_while_locked(|| {
        // A connection to a file of this machine does not go away, so none is tried out before it is used.
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        pool.connect_with(options.clone())
    })
    .await?;
    crate::file::sync_folder(folder.root())?;
    Ok(pool)
}

/// SQLite does not wait its turn for the switch to WAL, which two first openers may do at once.
async fn retry_while_locked<F, Connecting>(connect: F) -> Result<SqlitePool, Error>
where
    F: Fn() -> Connecting,
    Connecting: Future<Output = Result<SqlitePool, sqlx::Error>>,
{
    const ATTEMPTS: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(50);
    for _ in 1..ATTEMPTS {
        match connect().await {
            Err(sqlx::Error::Database(error)) if error.message().contains("locked") => {
                tokio::time::sleep(PAUSE).await;
            }
            other => return other.map_err(Error::catalog("opening")),
        }
    }
    connect().await.map_err(Error::catalog("opening"))
}

/// Creates the tables in a new database, or checks that those there are ours and adds those younger than the database.
pub(super) async fn prepare(
    pool: &SqlitePool,
    folder: &DataFolder,
    now: Timestamp,
) -> Result<TableIds, Error> {
    let failed = Error::catalog("opening");
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let data_path = data_path(folder).await?;
    if has_table(&mut transaction, "ducklake_metadata").await? {
        check_versions(&mut transaction).await?;
        sqlx::query(
            "UPDATE ducklake_metadata SET value = ?1 WHERE key = 'data_path' AND scope IS NULL AND value <> ?1",
        )
        .bind(&data_path)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    } else {
        create::create(&mut transaction, &data_path, now).await?;
    }
    younger::make(&mut transaction).await?;
    let known = read_tables(&mut transaction).await?;
    let missing: Vec<Table> =
        Table::ALL.into_iter().filter(|table| !known.iter().any(|(known, ..)| known == table)).collect();
    if !missing.is_empty() {
        create::add_tables(&mut transaction, &missing, now).await?;
    }
    let tables = TableIds::new(read_tables(&mut transaction).await?)?;
    check_columns(&mut transaction, &tables).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(tables)
}

/// The lake's absolute path, so that DuckDB finds the files from any working directory. Written again at every
/// opening, so that a moved data folder is right after its first use; callhouse itself never reads it.
async fn data_path(folder: &DataFolder) -> Result<String, Error> {
    let lake_path = folder.lake_path();
    let absolute = tokio::fs::canonicalize(&lake_path).await.map_err(|source| Error::File {
        operation: "find",
        path: lake_path.clone(),
        source,
    })?;
    Ok(format!("{}/", absolute.display()))
}

async fn has_table(transaction: &mut Transaction<'_, Sqlite>, name: &str) -> Result<bool, Error> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1")
            .bind(name)
            .fetch_one(&mut **transaction)
            .await
            .map_err(Error::catalog("opening"))?;
    Ok(count > 0)
}

async fn check_versions(transaction: &mut Transaction<'_, Sqlite>) -> Result<(), Error> {
    let failed = Error::catalog("opening");
    let ducklake: String =
        sqlx::query_scalar("SELECT value FROM ducklake_metadata WHERE key = 'version' AND scope IS NULL")
            .fetch_one(&mut **transaction)
            .await
            .map_err(failed)?;
    if ducklake != DUCKLAKE_VERSION {
        let found = format!("{ducklake} of DuckLake");
        return Err(Error::UnsupportedVersion { found, supported: DUCKLAKE_VERSION });
    }
    if !has_table(transaction, "callhouse_meta").await? {
        let found = "none: callhouse has not made this DuckLake".to_owned();
        return Err(Error::UnsupportedVersion { found, supported: SCHEMA_VERSION });
    }
    let ours: String = sqlx::query_scalar("SELECT value FROM callhouse_meta WHERE key = 'schema_version'")
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    if ours != SCHEMA_VERSION {
        return Err(Error::UnsupportedVersion { found: ours, supported: SCHEMA_VERSION });
    }
    Ok(())
}

/// Our tables that the catalog has, with `table_id` and `partition_id`.
async fn read_tables(
    transaction: &mut Transaction<'_, Sqlite>,
) -> Result<Vec<(Table, i64, Option<i64>)>, Error> {
    let rows = sqlx::query(
        "SELECT t.table_name, t.table_id, p.partition_id FROM ducklake_table t
         LEFT JOIN ducklake_partition_info p ON p.table_id = t.table_id AND p.end_snapshot IS NULL
         WHERE t.end_snapshot IS NULL",
    )
    .fetch_all(&mut **transaction)
    .await
    .map_err(Error::catalog("opening"))?;
    let ids = rows.iter().filter_map(|row| {
        let name: String = row.get(0);
        let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
        Some((table, row.get(1), row.get(2)))
    });
    Ok(ids.collect())
}

/// The columns in the catalog must be those this callhouse writes.
async fn check_columns(transaction: &mut Transaction<'_, Sqlite>, tables: &TableIds) -> Result<(), Error> {
    for table in Table::ALL {
        let stored: Vec<(String, String)> = sqlx::query_as(
            "SELECT column_name, column_type FROM ducklake_column
             WHERE table_id = ?1 AND end_snapshot IS NULL ORDER BY column_id",
        )
        .bind(tables.table_id(table))
        .fetch_all(&mut **transaction)
        .await
        .map_err(Error::catalog("opening"))?;
        let schema = table.schema();
        let mut written = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            written.push((field.name().clone(), column_type(field.data_type())?));
        }
        if stored != written {
            let found = format!("one with other columns of {}", table.name());
            return Err(Error::UnsupportedVersion { found, supported: SCHEMA_VERSION });
        }
    }
    Ok(())
}
