//! Accounts and credentials, as a door and the command line use them.

mod audit;
mod keys;
mod login_as;
mod tree;

use std::sync::Arc;

use callhouse_testkit::ManualClock;

use super::*;
use crate::folder::DataFolder;

const MINUTE_MICROS: i64 = 60_000_000;

fn id(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

/// `acme`, `acme-paris` below it and `acme-paris-1` below that, and `other`; with the password of `acme-paris`.
async fn accounts(clock: &Arc<ManualClock>) -> (tempfile::TempDir, Accounts, Secret) {
    let temporary = tempfile::tempdir().unwrap();
    let clock: Arc<dyn callhouse_core::Clock> = Arc::<ManualClock>::clone(clock);
    let catalog = Catalog::open(DataFolder::new(temporary.path()), clock).await.unwrap();
    let accounts = Accounts::new(catalog);
    accounts.create(&id("acme"), None).await.unwrap();
    accounts.create(&id("other"), None).await.unwrap();
    let paris = accounts.create(&id("acme-paris"), Some(&id("acme"))).await.unwrap();
    accounts.create(&id("acme-paris-1"), Some(&id("acme-paris"))).await.unwrap();
    (temporary, accounts, paris.password)
}

#[tokio::test]
async fn an_account_is_found_by_name_hash_and_login_and_knows_what_is_below() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let paris = accounts.get(&id("acme-paris")).await.unwrap().unwrap();
    assert_eq!(paris.parent, Some(id("acme")));
    assert_eq!(accounts.by_hash(&paris.hash.to_lowercase()).await.unwrap().as_ref(), Some(&paris));
    assert_eq!(accounts.by_login("acme-paris").await.unwrap(), Some(paris));
    let below = accounts.descendants(&id("acme")).await.unwrap();
    assert_eq!(below, ["acme", "acme-paris", "acme-paris-1"].map(id));
    assert!(accounts.descendants(&id("nobody")).await.unwrap().is_empty());
    assert_eq!(accounts.list().await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_account_is_created_once_and_below_one_that_exists() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let again = accounts.create(&id("acme"), None).await.unwrap_err();
    assert!(matches!(again, Error::AccountExists { .. }), "{again}");
    let below_nobody = accounts.create(&id("new"), Some(&id("nobody"))).await.unwrap_err();
    assert!(matches!(below_nobody, Error::AccountUnknown { .. }), "{below_nobody}");
}

#[tokio::test]
async fn sec_1_no_secret_is_in_the_catalog() {
    let (temporary, accounts, password) = accounts(&Arc::default()).await;
    let key = accounts.create_api_key(&id("acme"), "billing", false).await.unwrap();
    let session = accounts.create_session(&Principal::of_login(id("acme"))).await.unwrap();
    accounts.catalog.close().await;
    for entry in std::fs::read_dir(temporary.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let stored = String::from_utf8_lossy(&bytes);
        for secret in [&password, &key.token, &session.token, &session.refresh_token] {
            assert!(!stored.contains(secret.expose()), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_password_opens_until_it_is_reset_or_an_account_above_is_disabled() {
    let (_temporary, accounts, password) = accounts(&Arc::default()).await;
    let enter = |password: Secret| {
        let accounts = accounts.clone();
        async move { accounts.authenticate_password("acme-paris", &password).await.unwrap() }
    };
    let principal = enter(password.clone()).await.unwrap();
    assert_eq!((principal.account, principal.admin), (id("acme-paris"), false));
    assert_eq!(enter(Secret::new("wrong")).await, None);
    assert_eq!(accounts.authenticate_password("nobody", &password).await.unwrap(), None);
    accounts.set_enabled(&id("acme"), false).await.unwrap();
    assert_eq!(enter(password.clone()).await, None);
    accounts.set_enabled(&id("acme"), true).await.unwrap();
    assert!(enter(password.clone()).await.is_some());
    let new = accounts.reset_password(&id("acme-paris")).await.unwrap();
    assert_eq!(enter(password).await, None);
    assert!(enter(new).await.is_some());
}

#[tokio::test]
async fn another_process_follows_a_disabled_account_within_a_minute() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, password) = accounts(&clock).await;
    let elsewhere = Accounts::new(accounts.catalog.clone());
    assert!(elsewhere.authenticate_password("acme-paris", &password).await.unwrap().is_some());
    accounts.set_enabled(&id("acme-paris"), false).await.unwrap();
    clock.advance_micros(MINUTE_MICROS);
    assert_eq!(elsewhere.authenticate_password("acme-paris", &password).await.unwrap(), None);
}

#[tokio::test]
async fn an_api_key_works_until_deleted_by_its_owner() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let NewApiKey { key, token } = accounts.create_api_key(&id("acme"), "billing", true).await.unwrap();
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    assert_eq!((&principal.account, principal.admin), (&id("acme"), true));
    assert_eq!((principal.credential, principal.scopes), (Credential::ApiKey(key.id), AccessScopes::ALL));
    let listed = accounts.api_keys(Some(&id("acme"))).await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "billing"));
    assert!(listed[0].last_used_at.is_some());
    assert!(accounts.api_keys(Some(&id("other"))).await.unwrap().is_empty());
    assert!(!accounts.delete_api_key(Some(&id("other")), key.id).await.unwrap());
    assert!(accounts.delete_api_key(Some(&id("acme")), key.id).await.unwrap());
    assert_eq!(accounts.authenticate_api_key(&token).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_ends_after_an_hour_and_is_refreshed_once_per_refresh_token() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, _) = accounts(&clock).await;
    let first = accounts.create_session(&Principal::of_login(id("acme"))).await.unwrap();
    assert!(accounts.authenticate_session(&first.token).await.unwrap().is_some());
    clock.advance_micros(60 * MINUTE_MICROS);
    assert_eq!(accounts.authenticate_session(&first.token).await.unwrap(), None);
    assert!(accounts.refresh_session(&id("other"), &first.refresh_token).await.unwrap().is_none());
    let second = accounts.refresh_session(&id("acme"), &first.refresh_token).await.unwrap().unwrap();
    assert!(accounts.authenticate_session(&second.token).await.unwrap().is_some());
    assert!(accounts.refresh_session(&id("acme"), &first.refresh_token).await.unwrap().is_none());
    assert_eq!(accounts.sessions(&id("acme")).await.unwrap(), std::slice::from_ref(&second.session));
    assert!(accounts.delete_session(second.session.id).await.unwrap());
    assert_eq!(accounts.authenticate_session(&second.token).await.unwrap(), None);
}

#[tokio::test]
async fn the_directory_learns_of_new_accounts_within_a_second_and_of_changes_within_a_minute() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, _) = accounts(&clock).await;
    let directory = AccountDirectory::new(accounts.clone());
    assert!(directory.within(&id("acme-paris-1"), &id("acme")).await.unwrap());
    assert!(!directory.within(&id("acme"), &id("acme-paris")).await.unwrap());
    assert_eq!(directory.lookup("late").await.unwrap(), None);
    accounts.create(&id("late"), None).await.unwrap();
    accounts.set_enabled(&id("acme"), false).await.unwrap();
    clock.advance_micros(MINUTE_MICROS / 60);
    assert!(directory.lookup("late").await.unwrap().unwrap().enabled);
    clock.advance_micros(MINUTE_MICROS);
    assert!(!directory.lookup("acme-paris-1").await.unwrap().unwrap().enabled);
    assert!(directory.lookup("other").await.unwrap().unwrap().enabled);
}
