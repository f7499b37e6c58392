//! Jobs as rows.

use callhouse_core::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::{Job, JobId, JobStatus, Percent};
use crate::accounts::account_column;

impl FromRow<'_, SqliteRow> for Job {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let id: String = row.try_get("id")?;
        let status: String = row.try_get("status")?;
        let percent: u16 = row.try_get("percent")?;
        Ok(Self {
            id: JobId::parse(&id).ok_or_else(|| undecodable("id", format!("{id:?} is no id")))?,
            account: account_column(row, "account")?,
            all_accounts: row.try_get("all_accounts")?,
            kind: row.try_get("kind")?,
            parameters: json(row, "parameters")?.unwrap_or_default(),
            webhook: json(row, "webhook")?,
            status: JobStatus::parse(&status)
                .ok_or_else(|| undecodable("status", format!("{status:?} is no status")))?,
            percent: Percent(percent.min(Percent::WHOLE.0)),
            result: json(row, "result")?,
            error: json(row, "error")?,
            created_at: Timestamp(row.try_get("created_at")?),
            started_at: row.try_get::<Option<i64>, _>("started_at")?.map(Timestamp),
            done_at: row.try_get::<Option<i64>, _>("done_at")?.map(Timestamp),
            attempt: row.try_get("attempt")?,
            failures: row.try_get("failures")?,
            file: row.try_get("file")?,
            file_bytes: row.try_get("file_bytes")?,
            expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(Timestamp),
        })
    }
}

fn json<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    let read =
        |text: String| serde_json::from_str(&text).map_err(|error| undecodable(column, error.to_string()));
    text.map(read).transpose()
}

fn undecodable(column: &'static str, why: String) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.into() }
}
