//! The SQLite file: its two tables and every statement run on them.
//!
//! `log_group` holds one row per group of messages, `log_end` the next offset, in a row of its own so that
//! it outlives the groups. The file is in WAL mode; appends are synced at every commit, trims are not:
//! one that is lost is made again.

use std::path::Path;
use std::time::Duration;

use callhouse_core::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use crate::Error;

/// How long to wait for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Groups are large rows; bigger pages make their chains shorter.
const PAGE_BYTES: u32 = 16 * 1024;
/// Connections for reading: the reader and whoever asks for the lag.
const READ_CONNECTIONS: u32 = 2;
/// Groups fetched at once; bounds what a reader holds besides its channel.
const GROUPS_PER_READ: i64 = 8;

/// `PRAGMA user_version` of the tables below.
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS log_group (
        base_offset   INTEGER PRIMARY KEY,
        message_count INTEGER NOT NULL,
        received_at   INTEGER NOT NULL, -- microseconds since 1970, UTC
        messages      BLOB NOT NULL     -- format: embedded/blob.rs
    ) STRICT;
    CREATE TABLE IF NOT EXISTS log_end (
        only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
        next_offset INTEGER NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO log_end VALUES (1, 0);
    PRAGMA user_version = 1;
";

/// What is open on the file.
pub(super) struct Connections {
    /// Syncs at every commit.
    pub(super) append: SqliteConnection,
    /// Leaves syncing to the next append.
    pub(super) trim: SqliteConnection,
    pub(super) read: SqlitePool,
}

/// A stored group.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Group {
    pub(super) base_offset: i64,
    pub(super) message_count: i64,
    pub(super) received_at: i64,
    pub(super) messages: Vec<u8>,
}

/// The offsets the file holds: `[oldest, next)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Bounds {
    pub(super) oldest: i64,
    pub(super) next: i64,
}

fn failed(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
    move |source| Error::Embedded { operation, source }
}

/// Opens the file, creates what is missing and makes sure that the file itself survives a power cut.
pub(super) async fn open(path: &Path) -> Result<Connections, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full);
    let creating = options.clone().journal_mode(SqliteJournalMode::Wal);
    let mut append = creating.connect().await.map_err(failed("open"))?;
    create_tables(&mut append).await?;
    sync_folder(path)?;

    let unsynced = options.clone().synchronous(SqliteSynchronous::Normal);
    let trim = unsynced.connect().await.map_err(failed("open"))?;
    let read = SqlitePoolOptions::new().max_connections(READ_CONNECTIONS).connect_lazy_with(options);
    Ok(Connections { append, trim, read })
}

async fn create_tables(connection: &mut SqliteConnection) -> Result<(), Error> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed("open"))?;
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    if version > SCHEMA_VERSION {
        let detail = format!("its version is {version}, this callhouse knows {SCHEMA_VERSION}");
        return Err(failed("open")(sqlx::Error::Configuration(detail.into())));
    }
    let mut transaction =
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed("creation of tables"))?;
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(failed("creation of tables"))?;
    transaction.commit().await.map_err(failed("creation of tables"))
}

/// SQLite syncs the file, not the folder entry that names it.
fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| failed("sync of the folder")(sqlx::Error::Io(source)))
}

/// Stores a group at the log's end, durably, and returns its first offset.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    received_at: Timestamp,
    message_count: i64,
    messages: &[u8],
) -> Result<i64, Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed("append"))?;
    let next_offset: i64 =
        sqlx::query_scalar("UPDATE log_end SET next_offset = next_offset + ? RETURNING next_offset")
            .bind(message_count)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed("append"))?;
    let base_offset = next_offset - message_count;
    sqlx::query("INSERT INTO log_group VALUES (?, ?, ?, ?)")
        .bind(base_offset)
        .bind(message_count)
        .bind(received_at.micros())
        .bind(messages)
        .execute(&mut *transaction)
        .await
        .map_err(failed("append"))?;
    callhouse_core::crash::point("log.append.before_commit");
    transaction.commit().await.map_err(failed("append"))?;
    callhouse_core::crash::point("log.append.after_commit");
    Ok(base_offset)
}

pub(super) async fn bounds(pool: &SqlitePool) -> Result<Bounds, Error> {
    sqlx::query_as(
        "SELECT COALESCE((SELECT MIN(base_offset) FROM log_group), next_offset) AS oldest,
                next_offset AS next
         FROM log_end",
    )
    .fetch_one(pool)
    .await
    .map_err(failed("read"))
}

/// First offset of the group that holds `offset`; `offset` itself when none does.
pub(super) async fn group_start(pool: &SqlitePool, offset: i64) -> Result<i64, Error> {
    let before: Option<(i64, i64)> = sqlx::query_as(
        "SELECT base_offset, message_count FROM log_group WHERE base_offset <= ? ORDER BY base_offset DESC LIMIT 1",
    )
    .bind(offset)
    .fetch_optional(pool)
    .await
    .map_err(failed("read"))?;
    let holding = before.filter(|(base_offset, count)| base_offset + count > offset);
    Ok(holding.map_or(offset, |(base_offset, _)| base_offset))
}

/// The next few groups that start at `base_offset` or above, in order.
pub(super) async fn groups(pool: &SqlitePool, base_offset: i64) -> Result<Vec<Group>, Error> {
    sqlx::query_as(
        "SELECT base_offset, message_count, received_at, messages
         FROM log_group WHERE base_offset >= ? ORDER BY base_offset LIMIT ?",
    )
    .bind(base_offset)
    .bind(GROUPS_PER_READ)
    .fetch_all(pool)
    .await
    .map_err(failed("read"))
}

/// Removes the oldest groups that lie wholly below `offset`, at most `limit`, and returns how many it were.
pub(super) async fn trim(connection: &mut SqliteConnection, offset: i64, limit: u32) -> Result<u64, Error> {
    callhouse_core::crash::point("log.trim.before");
    let removed = sqlx::query(
        "DELETE FROM log_group WHERE base_offset IN (
             SELECT base_offset FROM log_group
             WHERE base_offset < ?1 AND base_offset + message_count <= ?1 ORDER BY base_offset LIMIT ?2)",
    )
    .bind(offset)
    .bind(limit)
    .execute(connection)
    .await
    .map_err(failed("trim"))?
    .rows_affected();
    callhouse_core::crash::point("log.trim.after");
    Ok(removed)
}
