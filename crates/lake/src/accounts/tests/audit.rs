//! The audit log: a row for each act that was done, none for one that was not, and never a secret.

use callhouse_core::Clock;

use super::*;

fn all() -> AuditFilter {
    AuditFilter { limit: MAX_AUDIT_ROWS, ..AuditFilter::default() }
}

/// Acts so far, oldest first, as `act account`.
async fn acts(accounts: &Accounts) -> Vec<String> {
    let mut rows = accounts.audit(&all()).await.unwrap().rows;
    rows.reverse();
    let account = |row: &AuditRow| row.account.as_ref().map(ToString::to_string).unwrap_or_default();
    rows.iter().map(|row| format!("{} {}", row.act, account(row))).collect()
}

#[tokio::test]
async fn every_act_is_logged_with_who_and_where() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let before = acts(&accounts).await.len();
    let accounts = accounts.by(Actor::command_line("ada"));
    accounts.create(&id("new"), Some(&id("acme"))).await.unwrap();
    accounts.set_enabled(&id("new"), false).await.unwrap();
    accounts.set_enabled(&id("new"), true).await.unwrap();
    accounts.move_below(&id("new"), Some(&id("other"))).await.unwrap();
    accounts.reset_password(&id("new")).await.unwrap();
    let key = accounts.create_api_key(&id("new"), "k", false).await.unwrap().key;
    accounts.set_api_key_scopes(key.id, [AccessScope::Read].into_iter().collect()).await.unwrap();
    accounts.set_api_key_limit(key.id, RequestLimit::of(5, 9)).await.unwrap();
    accounts.delete_api_key(Some(&id("new")), key.id).await.unwrap();
    let expected = [
        "account.created new",
        "account.disabled new",
        "account.enabled new",
        "account.moved new",
        "password.changed new",
        "api-key.created new",
        "api-key.scopes-changed new",
        "api-key.limit-changed new",
        "api-key.deleted new",
    ];
    assert_eq!(acts(&accounts).await[before..], expected);
    let rows = accounts.audit(&all()).await.unwrap().rows;
    for row in &rows[..expected.len()] {
        assert_eq!((row.credential.as_str(), row.origin.as_str()), ("command line", "ada"));
        assert_eq!((row.by_account.as_ref(), row.at), (None, accounts.catalog.clock().now()));
    }
    assert_eq!(rows[5].details, serde_json::json!({"from": "acme", "to": "other"}));
    assert_eq!(rows[2].details["to"], serde_json::json!(["read"]));
}

#[tokio::test]
async fn what_failed_or_changed_nothing_is_not_logged() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let before = acts(&accounts).await;
    assert!(accounts.create(&id("acme"), None).await.is_err());
    assert!(accounts.create(&id("new"), Some(&id("nobody"))).await.is_err());
    assert!(accounts.set_enabled(&id("nobody"), false).await.is_err());
    accounts.set_enabled(&id("acme"), true).await.unwrap();
    assert!(accounts.move_below(&id("acme"), Some(&id("acme-paris"))).await.is_err());
    accounts.move_below(&id("acme-paris"), Some(&id("acme"))).await.unwrap();
    assert!(accounts.reset_password(&id("nobody")).await.is_err());
    assert!(accounts.create_api_key(&id("nobody"), "k", false).await.is_err());
    assert!(!accounts.delete_api_key(None, 99).await.unwrap());
    assert_eq!(acts(&accounts).await, before);
}

#[tokio::test]
async fn act_and_row_are_one_transaction() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    sqlx::raw_sql(
        "CREATE TRIGGER no_row BEFORE INSERT ON callhouse_audit BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    .execute(accounts.catalog.pool())
    .await
    .unwrap();
    assert!(accounts.create(&id("new"), None).await.is_err());
    assert_eq!(accounts.get(&id("new")).await.unwrap(), None);
    assert!(accounts.set_enabled(&id("acme"), false).await.is_err());
    assert!(accounts.get(&id("acme")).await.unwrap().unwrap().enabled);
    assert!(accounts.create_api_key(&id("acme"), "k", false).await.is_err());
    assert!(accounts.api_keys(None).await.unwrap().is_empty());
    assert!(accounts.move_below(&id("acme-paris"), None).await.is_err());
    assert_eq!(accounts.get(&id("acme-paris")).await.unwrap().unwrap().parent, Some(id("acme")));
}

#[tokio::test]
async fn rows_cannot_be_changed_or_deleted() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    for statement in ["UPDATE callhouse_audit SET act = 'x'", "DELETE FROM callhouse_audit"] {
        let refused = sqlx::raw_sql(statement).execute(accounts.catalog.pool()).await.unwrap_err();
        assert!(refused.to_string().contains("only appended to"), "{refused}");
    }
}

#[tokio::test]
async fn a_page_is_of_some_accounts_acts_and_times() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, _) = accounts(&clock).await;
    let start = clock.now();
    clock.advance_micros(MINUTE_MICROS);
    accounts.create_api_key(&id("acme"), "k", false).await.unwrap();
    let find = async |filter: AuditFilter| {
        let page = accounts.audit(&filter).await.unwrap();
        (page.rows.len(), page.total)
    };
    assert_eq!(find(all()).await, (5, 5));
    assert_eq!(find(AuditFilter { limit: 2, offset: 4, ..all() }).await, (1, 5));
    assert_eq!(find(AuditFilter { accounts: Some(vec![id("acme"), id("other")]), ..all() }).await, (3, 3));
    assert_eq!(find(AuditFilter { accounts: Some(Vec::new()), ..all() }).await, (0, 0));
    assert_eq!(find(AuditFilter { act: Some("api-key.created".to_owned()), ..all() }).await, (1, 1));
    assert_eq!(find(AuditFilter { to: Some(clock.now()), ..all() }).await, (4, 4));
    assert_eq!(find(AuditFilter { from: Some(clock.now()), ..all() }).await, (1, 1));
    assert_eq!(find(AuditFilter { from: Some(start), to: Some(start), ..all() }).await, (0, 0));
}
