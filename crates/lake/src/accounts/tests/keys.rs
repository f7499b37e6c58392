//! What keys are good for, and until when.

use callhouse_core::Clock;

use super::*;

const DAY_MICROS: i64 = 24 * 60 * MINUTE_MICROS;

fn scopes(words: &str) -> AccessScopes {
    words.split_whitespace().map(|word| word.parse::<AccessScope>().unwrap()).collect()
}

fn limited(words: &str) -> KeyOptions {
    KeyOptions { scopes: scopes(words), ..KeyOptions::named("limited") }
}

#[tokio::test]
async fn a_key_is_good_for_what_was_said_and_until_it_is_said_anew() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let NewApiKey { key, token } =
        accounts.create_api_key_with(&id("acme"), &limited("read sql")).await.unwrap();
    assert_eq!(key.scopes, scopes("read sql"));
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    assert!(principal.may(AccessScope::Sql) && !principal.may(AccessScope::Ingest));
    assert!(accounts.set_api_key_scopes(key.id, scopes("ingest")).await.unwrap());
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    assert_eq!(principal.scopes, scopes("ingest"));
    assert!(!accounts.set_api_key_scopes(99, scopes("read")).await.unwrap());
    for refused in [
        accounts.set_api_key_scopes(key.id, AccessScopes::NONE).await.map(drop),
        accounts.create_api_key_with(&id("acme"), &limited("")).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_key_of_before_there_were_scopes_is_good_for_everything_for_ever() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let NewApiKey { token, .. } = accounts.create_api_key(&id("acme"), "old", false).await.unwrap();
    sqlx::query("UPDATE callhouse_api_keys SET scopes = NULL")
        .execute(accounts.catalog.pool())
        .await
        .unwrap();
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    assert_eq!((principal.scopes, principal.expires_at), (AccessScopes::ALL, None));
}

#[tokio::test]
async fn a_key_ends_to_the_second_with_the_sessions_made_with_it() {
    let clock = Arc::<ManualClock>::default();
    let (_temporary, accounts, _) = accounts(&clock).await;
    let ends_at = Some(clock.now().plus_micros(DAY_MICROS));
    let options = KeyOptions { expires_at: ends_at, ..limited("read") };
    let NewApiKey { key, token } = accounts.create_api_key_with(&id("acme"), &options).await.unwrap();
    clock.advance_micros(DAY_MICROS - 30 * MINUTE_MICROS);
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    let session = accounts.create_session(&principal).await.unwrap();
    assert_eq!(Some(session.session.valid_until), ends_at, "no longer than the key");
    let of_session = accounts.authenticate_session(&session.token).await.unwrap().unwrap();
    assert_eq!((of_session.scopes, of_session.api_key), (scopes("read"), Some(key.id)));
    assert_eq!(of_session.counted_as(), principal.counted_as());
    let refreshed = accounts.refresh_session(&id("acme"), &session.refresh_token).await.unwrap().unwrap();
    assert_eq!(Some(refreshed.session.refreshable_until), ends_at);
    clock.advance_micros(30 * MINUTE_MICROS - 1);
    assert!(accounts.authenticate_api_key(&token).await.unwrap().is_some());
    assert!(accounts.api_key_is_good(key.id).await.unwrap());
    clock.advance_micros(1);
    assert_eq!(accounts.authenticate_api_key(&token).await.unwrap(), None, "what was believed ends, too");
    assert_eq!(accounts.authenticate_session(&refreshed.token).await.unwrap(), None);
    assert!(!accounts.api_key_is_good(key.id).await.unwrap());
    let past = KeyOptions { expires_at: Some(clock.now()), ..KeyOptions::named("past") };
    let refused = accounts.create_api_key_with(&id("acme"), &past).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
}

#[tokio::test]
async fn a_session_is_good_for_no_more_than_its_key_is_now_and_ends_with_it() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let NewApiKey { key, token } =
        accounts.create_api_key_with(&id("acme"), &limited("read admin")).await.unwrap();
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    let session = accounts.create_session(&principal).await.unwrap();
    accounts.set_api_key_scopes(key.id, scopes("read")).await.unwrap();
    let of_session = accounts.authenticate_session(&session.token).await.unwrap().unwrap();
    assert_eq!(of_session.scopes, scopes("read"));
    accounts.delete_api_key(None, key.id).await.unwrap();
    assert_eq!(accounts.authenticate_session(&session.token).await.unwrap(), None);
    assert!(accounts.sessions(&id("acme")).await.unwrap().is_empty());
    assert!(accounts.refresh_session(&id("acme"), &session.refresh_token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_key_has_a_limit_of_its_own_until_it_is_taken_away() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    let limit = RequestLimit::of(10, 0);
    let options = KeyOptions { limit, ..KeyOptions::named("slow") };
    let NewApiKey { key, token } = accounts.create_api_key_with(&id("acme"), &options).await.unwrap();
    assert_eq!(limit.map(|limit| limit.burst.get()), Some(10));
    assert_eq!(accounts.authenticate_api_key(&token).await.unwrap().unwrap().limit, limit);
    assert!(accounts.set_api_key_limit(key.id, RequestLimit::of(2, 5)).await.unwrap());
    let principal = accounts.authenticate_api_key(&token).await.unwrap().unwrap();
    assert_eq!(principal.limit, RequestLimit::of(2, 5));
    assert!(accounts.set_api_key_limit(key.id, None).await.unwrap());
    assert_eq!(accounts.api_keys(None).await.unwrap()[0].limit, None);
    assert!(!accounts.set_api_key_limit(99, None).await.unwrap());
}
