//! Sessions: a token for an hour, and another to get the next one with.

use callhouse_core::time::{MICROS_PER_DAY, MICROS_PER_SECOND};
use callhouse_core::{AccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::{Accounts, NewSession, Principal, Secret, Session, account_column, tree};
use crate::error::Error;

const VALID_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
const REFRESHABLE_MICROS: i64 = MICROS_PER_DAY;
/// Random bytes of each token: 40 hex characters, as CALLR clients check.
const TOKEN_BYTES: usize = 20;

impl Accounts {
    /// Starts a session with the rights of a principal: its token works for an hour, its refresh token for a day, both
    /// no longer than the API key it was made with, if it was. Sessions that are past both are forgotten on the way.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Catalog`].
    pub async fn create_session(&self, principal: &Principal) -> Result<NewSession, Error> {
        let failed = Error::catalog("creation of a session");
        let mut transaction = self.begin("creation of a session").await?;
        tree::must_exist(&mut transaction, &principal.account).await?;
        let now = self.catalog.clock().now();
        sqlx::query("DELETE FROM callhouse_sessions WHERE valid_until <= ?1 AND refreshable_until <= ?1")
            .bind(now.micros())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let no_later = |at: Timestamp| principal.expires_at.map_or(at, |end| at.min(end)).micros();
        let (token, refresh_token) =
            (Secret::random_hex::<TOKEN_BYTES>(), Secret::random_hex::<TOKEN_BYTES>());
        let session: Session = sqlx::query_as(
            "INSERT INTO callhouse_sessions
                 (account, admin, token_hash, refresh_token_hash, created_at, valid_until, refreshable_until, api_key,
                  entered_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING *",
        )
        .bind(principal.account.as_str())
        .bind(principal.admin)
        .bind(token.digest())
        .bind(refresh_token.digest())
        .bind(now.micros())
        .bind(no_later(now.plus_micros(VALID_MICROS)))
        .bind(no_later(now.plus_micros(REFRESHABLE_MICROS)))
        .bind(principal.api_key)
        .bind(principal.entered_by.as_ref().map(AccountId::as_str))
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(NewSession { session, token, refresh_token })
    }

    /// Exchanges a refresh token, of this account only, for new tokens; the old ones stop working.
    /// `None` when it is not good.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn refresh_session(
        &self,
        account: &AccountId,
        refresh_token: &Secret,
    ) -> Result<Option<NewSession>, Error> {
        let now = self.catalog.clock().now();
        let (token, next_refresh_token) =
            (Secret::random_hex::<TOKEN_BYTES>(), Secret::random_hex::<TOKEN_BYTES>());
        let session: Option<Session> = sqlx::query_as(
            "UPDATE callhouse_sessions
             SET token_hash = ?3, refresh_token_hash = ?4,
                 valid_until = min(?5, coalesce((SELECT expires_at FROM callhouse_api_keys WHERE id = api_key), ?5)),
                 refreshable_until = min(?6, coalesce((SELECT expires_at FROM callhouse_api_keys WHERE id = api_key), ?6))
             WHERE refresh_token_hash = ?1 AND account = ?2 AND refreshable_until > ?7 RETURNING *",
        )
        .bind(refresh_token.digest())
        .bind(account.as_str())
        .bind(token.digest())
        .bind(next_refresh_token.digest())
        .bind(now.plus_micros(VALID_MICROS).micros())
        .bind(now.plus_micros(REFRESHABLE_MICROS).micros())
        .bind(now.micros())
        .fetch_optional(self.catalog.pool())
        .await
        .map_err(Error::catalog("refresh of a session"))?;
        self.verified.forget();
        Ok(session.map(|session| NewSession { session, token, refresh_token: next_refresh_token }))
    }

    /// Sessions of an account that are valid or refreshable, oldest first.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn sessions(&self, account: &AccountId) -> Result<Vec<Session>, Error> {
        sqlx::query_as(
            "SELECT * FROM callhouse_sessions
             WHERE account = ?1 AND (valid_until > ?2 OR refreshable_until > ?2) ORDER BY id",
        )
        .bind(account.as_str())
        .bind(self.catalog.clock().now().micros())
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("list of sessions"))
    }

    /// Ends a session; false when there is none such.
    ///
    /// # Errors
    /// [`Error::Catalog`].
    pub async fn delete_session(&self, id: i64) -> Result<bool, Error> {
        let deleted = sqlx::query("DELETE FROM callhouse_sessions WHERE id = ?1")
            .bind(id)
            .execute(self.catalog.pool())
            .await
            .map_err(Error::catalog("deletion of a session"))?;
        self.verified.forget();
        Ok(deleted.rows_affected() > 0)
    }
}

impl FromRow<'_, SqliteRow> for Session {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            account: account_column(row, "account")?,
            valid_until: Timestamp(row.try_get("valid_until")?),
            refreshable_until: Timestamp(row.try_get("refreshable_until")?),
            created_at: Timestamp(row.try_get("created_at")?),
        })
    }
}
