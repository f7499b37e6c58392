//! `callhouse account audit`: the audit log, newest first.

use anyhow::ensure;
use callhouse_core::Timestamp;
use callhouse_lake::accounts::{Accounts, ActKind, AuditFilter, AuditRow, MAX_AUDIT_ROWS};
use clap::Args;

use crate::{lake, output};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only what was done to this account and those below it
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only acts of this kind, such as `api-key.created`
    #[arg(long)]
    act: Option<String>,
    /// At this instant or later (RFC 3339)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Before this instant (RFC 3339)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
    /// Rows at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_AUDIT_ROWS)))]
    limit: u32,
    /// Rows to pass over
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

fn instant(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse_rfc3339(text).ok_or("an instant is written as 2026-11-20T12:00:00Z")
}

pub(super) async fn run(accounts: &Accounts, arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(act) = &arguments.act {
        let known = ActKind::ALL.map(ActKind::name);
        ensure!(known.contains(&act.as_str()), "there is no act {act:?}; there are {}", known.join(", "));
    }
    let within = match &arguments.account {
        None => None,
        Some(name) => {
            let within = accounts.descendants(&lake::account_id(name)?).await?;
            ensure!(!within.is_empty(), "there is no account {name}");
            Some(within)
        }
    };
    let filter = AuditFilter {
        accounts: within,
        act: arguments.act.clone(),
        from: arguments.from,
        to: arguments.to,
        offset: arguments.offset,
        limit: arguments.limit,
    };
    let page = accounts.audit(&filter).await?;
    if arguments.json {
        for row in &page.rows {
            output::line(json(row).to_string())?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page.rows.iter().map(cells).collect();
    output::table(&["at", "act", "account", "by", "with", "from", "details"], &rows, 7)?;
    Ok(())
}

fn cells(row: &AuditRow) -> Vec<String> {
    let name = |account: &Option<_>| account.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let AuditRow { account, by_account, .. } = row;
    vec![
        row.at.to_rfc3339(),
        row.act.clone(),
        name(account),
        name(by_account),
        row.credential.clone(),
        row.origin.clone(),
        row.details.to_string(),
    ]
}

fn json(row: &AuditRow) -> serde_json::Value {
    let name = |account: &Option<_>| account.as_ref().map(ToString::to_string);
    serde_json::json!({
        "id": row.id, "at": row.at.to_rfc3339(), "act": row.act, "account": name(&row.account),
        "by_account": name(&row.by_account), "credential": row.credential, "origin": row.origin,
        "details": row.details,
    })
}
