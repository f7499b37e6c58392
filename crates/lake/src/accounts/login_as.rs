//! Acting as an account below one's own, with one's own credentials. Every use is in the audit log before anything is
//! done with it.

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_core::time::MICROS_PER_SECOND;
use callhouse_core::{AccountId, Timestamp};
use parking_lot::Mutex;
use serde_json::json;

use super::audit::{Actor, record};
use super::{Account, Accounts, ActKind, Principal};
use crate::error::Error;

/// One row of the audit log stands for uses of so long, by the same credentials, from the same place, as the same
/// account: a dashboard asks many times a minute, and each row is an fsync.
const ROW_MICROS: i64 = 60 * MICROS_PER_SECOND;
/// Rows remembered; beyond that they are forgotten and written anew.
const ROWS_MAX: usize = 10_000;

/// The account to act as, by what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginAs<'a> {
    Hash(&'a str),
    Name(&'a str),
    Login(&'a str),
}

/// Who acts as whom from where: the rows of the last minute.
#[derive(Clone, Default)]
pub(super) struct LoginAsRows(Arc<Mutex<HashMap<(Actor, AccountId), Timestamp>>>);

impl LoginAsRows {
    /// Whether a row of the last minute stands for this use.
    fn stands(&self, key: &(Actor, AccountId), now: Timestamp) -> bool {
        let rows = self.0.lock();
        rows.get(key).is_some_and(|written_at| (0..ROW_MICROS).contains(&now.micros_since(*written_at)))
    }

    fn written(&self, key: (Actor, AccountId), now: Timestamp) {
        let mut rows = self.0.lock();
        if rows.len() >= ROWS_MAX {
            rows.clear();
        }
        rows.insert(key, now);
    }
}

impl Accounts {
    /// Exchanges a principal for an account below its own, or for any account when it is an administrator; what it
    /// may do is then what its credentials may do there. `None` when the account cannot be reached: it does not exist,
    /// is not below, is the caller's own, or it or one on the way to it is disabled.
    ///
    /// # Errors
    /// [`Error::Catalog`], also when the use could not be written to the audit log.
    pub async fn login_as(
        &self,
        principal: &Principal,
        target: &LoginAs<'_>,
        origin: &str,
    ) -> Result<Option<Principal>, Error> {
        let mut reached = None;
        for account in self.called(target).await? {
            if self.reaches(principal, &account).await? {
                reached = Some(account.id);
                break;
            }
        }
        let Some(account) = reached else { return Ok(None) };
        self.write_use(principal, &account, origin).await?;
        let entered_by = Some(principal.entered_by.as_ref().unwrap_or(&principal.account).clone());
        Ok(Some(Principal { account, admin: false, entered_by, ..principal.clone() }))
    }

    /// The accounts that are called so; two may share a hash.
    async fn called(&self, target: &LoginAs<'_>) -> Result<Vec<Account>, Error> {
        let (query, key) = match target {
            LoginAs::Hash(hash) => (
                "SELECT * FROM callhouse_accounts WHERE hash = ?1 ORDER BY created_at",
                hash.to_ascii_uppercase(),
            ),
            LoginAs::Name(name) => ("SELECT * FROM callhouse_accounts WHERE name = ?1", (*name).to_owned()),
            LoginAs::Login(login) => {
                ("SELECT * FROM callhouse_accounts WHERE login = ?1", (*login).to_owned())
            }
        };
        sqlx::query_as(query)
            .bind(key)
            .fetch_all(self.catalog.pool())
            .await
            .map_err(Error::catalog("search of an account"))
    }

    async fn reaches(&self, principal: &Principal, account: &Account) -> Result<bool, Error> {
        let is_below = principal.admin
            || account.id != principal.account && self.above(&account.id).await?.contains(&principal.account);
        Ok(is_below && self.enabled(&account.id).await?)
    }

    /// The account itself and those above it, from below.
    async fn above(&self, id: &AccountId) -> Result<Vec<AccountId>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "WITH RECURSIVE above (name, parent) AS (
                 SELECT name, parent FROM callhouse_accounts WHERE name = ?1
                 UNION SELECT a.name, a.parent FROM callhouse_accounts a JOIN above ON a.name = above.parent)
             SELECT name FROM above",
        )
        .bind(id.as_str())
        .fetch_all(self.catalog.pool())
        .await
        .map_err(Error::catalog("search of accounts above"))?;
        names.iter().map(|name| super::account_id(name)).collect()
    }

    async fn write_use(&self, principal: &Principal, account: &AccountId, origin: &str) -> Result<(), Error> {
        let now = self.catalog.clock().now();
        let key = (Actor::of(principal, origin), account.clone());
        if self.login_as_rows.stands(&key, now) {
            return Ok(());
        }
        let mut transaction = self.begin("writing of the audit log").await?;
        record(&mut transaction, &key.0, now, ActKind::LoginAs, Some(account), &json!({})).await?;
        transaction.commit().await.map_err(Error::catalog("writing of the audit log"))?;
        self.login_as_rows.written(key, now);
        Ok(())
    }
}
