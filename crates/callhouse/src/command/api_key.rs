//! `callhouse api-key`: keys for programs. A key is shown once, when it is made (SEC-1).

use anyhow::{Context, ensure};
use callhouse_core::Timestamp;
use callhouse_core::time::{MICROS_PER_DAY, MICROS_PER_HOUR};
use callhouse_lake::accounts::{AccessScope, AccessScopes, Accounts, ApiKey, KeyOptions, RequestLimit};
use clap::{Args, Subcommand};

use crate::config::{self, DataFlags, Flags};
use crate::{lake, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a key and prints it, this once, alone on a line
    Create {
        /// The account it works for
        #[arg(long, value_name = "NAME")]
        account: String,
        /// What it is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// It sees and writes every account
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        scopes: Scopes,
        /// When it ends: an instant (RFC 3339), a day, or so long from now: 90d, 12h [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Lists keys, without what is secret about them
    List {
        /// Only those of this account
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Says anew what a key is good for
    Scopes {
        id: i64,
        #[command(flatten)]
        scopes: Scopes,
    },
    /// Gives a key a limit of its own; without one, the settings' limit holds for it again
    Limit {
        id: i64,
        #[command(flatten)]
        limit: Limit,
    },
    /// Deletes a key by its id, and the sessions made with it
    Delete { id: i64 },
}

#[derive(Debug, Args)]
#[group(id = "scopes_of_key")]
struct Scopes {
    /// What it is good for: read, ingest, sql, export, admin (keys, webhooks, sub accounts); several with commas or by
    /// giving it again [default: everything]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<AccessScope>,
}

#[derive(Debug, Args)]
#[group(id = "limit_of_key")]
struct Limit {
    /// HTTP requests it may make a second, whatever the settings say
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_second: Option<u32>,
    /// Requests it may make at once, after a pause [default: those of a second]
    #[arg(long, value_name = "N", requires = "requests_per_second", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
}

impl Scopes {
    fn all_when_none(&self) -> AccessScopes {
        if self.scopes.is_empty() { AccessScopes::ALL } else { self.scopes.iter().copied().collect() }
    }
}

impl Limit {
    fn limit(&self) -> Option<RequestLimit> {
        RequestLimit::of(self.requests_per_second.unwrap_or(0), self.burst.unwrap_or(0))
    }
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let accounts = lake::accounts(&settings).await?;
    match arguments.action {
        Action::Create { account, name, admin, scopes, expires, limit } => {
            let expires_at = expires.as_deref().map(|when| end(when, lake::clock().now())).transpose()?;
            let (scopes, limit) = (scopes.all_when_none(), limit.limit());
            let options = KeyOptions { name, admin, scopes, expires_at, limit };
            let created = accounts.create_api_key_with(&lake::account_id(&account)?, &options).await?;
            output::line(created.token.expose())?;
        }
        Action::List { account } => list(&accounts, account.as_deref()).await?,
        Action::Scopes { id, scopes } => {
            let changed = accounts.set_api_key_scopes(id, scopes.all_when_none()).await?;
            ensure!(changed, "there is no API key {id}");
        }
        Action::Limit { id, limit } => {
            let changed = accounts.set_api_key_limit(id, limit.limit()).await?;
            ensure!(changed, "there is no API key {id}");
        }
        Action::Delete { id } => {
            ensure!(accounts.delete_api_key(None, id).await?, "there is no API key {id}");
        }
    }
    Ok(())
}

async fn list(accounts: &Accounts, account: Option<&str>) -> anyhow::Result<()> {
    let account = account.map(lake::account_id).transpose()?;
    let keys = accounts.api_keys(account.as_ref()).await?;
    let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
    let header = ["id", "account", "name", "rights", "scopes", "limit", "created", "last used", "expires"];
    output::table(&header, &rows, 9)?;
    Ok(())
}

fn row(key: &ApiKey) -> Vec<String> {
    let never = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), Timestamp::to_rfc3339);
    let limit = key.limit.map(|limit| format!("{}/s, {} at once", limit.per_second, limit.burst));
    vec![
        key.id.to_string(),
        key.account.to_string(),
        key.name.clone(),
        if key.admin { "admin" } else { "" }.to_owned(),
        key.scopes.names().join(","),
        limit.unwrap_or_default(),
        key.created_at.to_rfc3339(),
        never(key.last_used_at),
        never(key.expires_at),
    ]
}

/// The end of a key: an instant, the start of a day, or a time from now.
fn end(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    for (unit, micros) in [('d', MICROS_PER_DAY), ('h', MICROS_PER_HOUR)] {
        if let Some(count) = text.strip_suffix(unit).and_then(|count| count.parse::<u32>().ok()) {
            return Ok(now.plus_micros(micros.saturating_mul(i64::from(count))));
        }
    }
    Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .with_context(|| {
            format!("{text:?} is no instant (RFC 3339), day (2027-01-31) or time from now (90d, 12h)")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_an_instant_a_day_or_a_time_from_now() {
        let now = Timestamp::from_seconds(1_795_176_000);
        let ends = |text: &str| end(text, now).ok();
        for (text, wanted) in [
            ("2027-01-31", Some("2027-01-31T00:00:00Z")),
            ("2027-01-31T12:30:00+01:00", Some("2027-01-31T11:30:00Z")),
            ("90d", Some("2027-02-18T12:00:00Z")),
            ("12h", Some("2026-11-21T00:00:00Z")),
            ("soon", None),
            ("-1d", None),
            ("d", None),
        ] {
            assert_eq!(ends(text), wanted.and_then(Timestamp::parse_rfc3339), "{text}");
        }
    }
}
