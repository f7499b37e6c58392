//! Acting as an account below one's own.

use super::*;

async fn principal(accounts: &Accounts, name: &str, admin: bool) -> Principal {
    let key = accounts.create_api_key(&id(name), "key", admin).await.unwrap();
    accounts.authenticate_api_key(&key.token).await.unwrap().unwrap()
}

async fn uses(accounts: &Accounts) -> Vec<AuditRow> {
    let filter = AuditFilter {
        act: Some(ActKind::LoginAs.name().to_owned()),
        limit: MAX_AUDIT_ROWS,
        ..AuditFilter::default()
    };
    accounts.audit(&filter).await.unwrap().rows
}

#[tokio::test]
async fn ten_1_accounts_below_are_reached_and_no_others() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let acme = principal(&accounts, "acme", false).await;
    let paris = principal(&accounts, "acme-paris", false).await;
    let reached = async |principal: &Principal, target: LoginAs<'_>| {
        let entered = accounts.login_as(principal, &target, "192.0.2.1").await.unwrap();
        entered.map(|entered| (entered.account.to_string(), entered.entered_by.map(|by| by.to_string())))
    };
    let by = |account: &str, by: &str| Some((account.to_owned(), Some(by.to_owned())));
    let hash = id("acme-paris-1").hash().to_lowercase();
    assert_eq!(reached(&acme, LoginAs::Hash(&hash)).await, by("acme-paris-1", "acme"));
    assert_eq!(reached(&acme, LoginAs::Name("acme-paris")).await, by("acme-paris", "acme"));
    assert_eq!(reached(&paris, LoginAs::Login("acme-paris-1")).await, by("acme-paris-1", "acme-paris"));
    accounts.create(&id("acme-lyon"), Some(&id("acme"))).await.unwrap();
    let before = uses(&accounts).await.len();
    for (who, target) in [
        (&acme, "acme"),
        (&acme, "other"),
        (&acme, "nobody"),
        (&acme, ""),
        (&paris, "acme"),
        (&paris, "acme-lyon"),
        (&paris, "acme-paris"),
    ] {
        assert_eq!(reached(who, LoginAs::Name(target)).await, None, "{} as {target:?}", who.account);
    }
    assert_eq!(uses(&accounts).await.len(), before, "what is refused is no use");
    let operator = principal(&accounts, "other", true).await;
    assert_eq!(reached(&operator, LoginAs::Name("acme-paris-1")).await, by("acme-paris-1", "other"));
}

#[tokio::test]
async fn a_disabled_account_is_not_reached_nor_what_is_below_it() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let acme = principal(&accounts, "acme", false).await;
    accounts.set_enabled(&id("acme-paris"), false).await.unwrap();
    for target in ["acme-paris", "acme-paris-1"] {
        let entered = accounts.login_as(&acme, &LoginAs::Name(target), "").await.unwrap();
        assert_eq!(entered, None, "{target}");
    }
}

#[tokio::test]
async fn what_credentials_are_good_for_stays_and_seeing_all_does_not() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let scopes: AccessScopes = [AccessScope::Read].into_iter().collect();
    let options = KeyOptions { admin: true, scopes, ..KeyOptions::named("all") };
    let key = accounts.create_api_key_with(&id("other"), &options).await.unwrap();
    let operator = accounts.authenticate_api_key(&key.token).await.unwrap().unwrap();
    let entered = accounts.login_as(&operator, &LoginAs::Name("acme"), "").await.unwrap().unwrap();
    assert!(!entered.admin);
    assert_eq!((entered.scopes, entered.counted_as()), (scopes, operator.counted_as()));
}

#[tokio::test]
async fn every_use_is_in_the_log_by_a_row_of_its_minute() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, _) = accounts(&clock).await;
    let acme = principal(&accounts, "acme", false).await;
    let enter = async |target: &str, origin: &str| {
        accounts.login_as(&acme, &LoginAs::Name(target), origin).await.unwrap().unwrap();
        uses(&accounts).await.len()
    };
    assert_eq!(enter("acme-paris", "192.0.2.1").await, 1);
    assert_eq!(enter("acme-paris", "192.0.2.1").await, 1, "the row of this minute stands for it");
    assert_eq!(enter("acme-paris", "192.0.2.2").await, 2, "from another place");
    assert_eq!(enter("acme-paris-1", "192.0.2.1").await, 3, "as another account");
    clock.advance_micros(MINUTE_MICROS);
    assert_eq!(enter("acme-paris", "192.0.2.1").await, 4, "a minute later");
    let newest = uses(&accounts).await.remove(0);
    assert_eq!((newest.account, newest.by_account), (Some(id("acme-paris")), Some(id("acme"))));
    assert_eq!((newest.origin.as_str(), newest.credential.starts_with("api key ")), ("192.0.2.1", true));
}

#[tokio::test]
async fn a_session_made_so_remembers_who_made_it() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let acme = principal(&accounts, "acme", false).await;
    let entered = accounts.login_as(&acme, &LoginAs::Name("acme-paris"), "").await.unwrap().unwrap();
    let session = accounts.create_session(&entered).await.unwrap();
    let of_session = accounts.authenticate_session(&session.token).await.unwrap().unwrap();
    assert_eq!((of_session.account, of_session.entered_by), (id("acme-paris"), Some(id("acme"))));
    accounts.move_below(&id("acme-paris"), None).await.unwrap();
    assert_eq!(
        accounts.authenticate_session(&session.token).await.unwrap(),
        None,
        "it is not below any more"
    );
}
