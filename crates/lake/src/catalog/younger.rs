//! What catalogs have got since the first release. It is made at every opening, so that an older data folder opens as
//! it is; a program older than these leaves them alone.

use sqlx::{Sqlite, Transaction};

use crate::error::Error;

/// Tables, indexes and triggers that make themselves only where they are not there.
const SCRIPTS: [&str; 4] = [
    include_str!("scram.sql"),
    include_str!("access.sql"),
    include_str!("jobs.sql"),
    include_str!("../webhooks/tables.sql"),
];

/// Columns as (table, column, what `ALTER TABLE … ADD COLUMN` is told).
const COLUMNS: [(&str, &str, &str); 6] = [
    // Words with spaces between; NULL for keys made before there were scopes, which could do everything.
    ("callhouse_api_keys", "scopes", "ALTER TABLE callhouse_api_keys ADD COLUMN scopes TEXT"),
    ("callhouse_api_keys", "expires_at", "ALTER TABLE callhouse_api_keys ADD COLUMN expires_at INTEGER"),
    (
        "callhouse_api_keys",
        "requests_per_second",
        "ALTER TABLE callhouse_api_keys ADD COLUMN requests_per_second INTEGER",
    ),
    ("callhouse_api_keys", "burst", "ALTER TABLE callhouse_api_keys ADD COLUMN burst INTEGER"),
    // The key a session was made with: it ends with that key and may no more than it.
    ("callhouse_sessions", "api_key", "ALTER TABLE callhouse_sessions ADD COLUMN api_key INTEGER"),
    // The account that made it while it acted as the session's account.
    ("callhouse_sessions", "entered_by", "ALTER TABLE callhouse_sessions ADD COLUMN entered_by TEXT"),
];

/// Makes what is not there.
pub(super) async fn make(transaction: &mut Transaction<'_, Sqlite>) -> Result<(), Error> {
    let failed = Error::catalog("opening");
    for script in SCRIPTS {
        sqlx::raw_sql(script).execute(&mut **transaction).await.map_err(failed)?;
    }
    for (table, column, addition) in COLUMNS {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2")
            .bind(table)
            .bind(column)
            .fetch_one(&mut **transaction)
            .await
            .map_err(failed)?;
        if there == 0 {
            sqlx::raw_sql(addition).execute(&mut **transaction).await.map_err(failed)?;
        }
    }
    Ok(())
}
