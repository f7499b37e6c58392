//! Credentials on the wire: `Authorization` (Basic, Api-Key, Session, Bearer) and `CALLR-Login-As`.
//!
//! Owns how they travel; whether they are good is asked of `lake`. Keeps SEC-1: what was read is a [`Secret`].

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use callhouse_lake::accounts::{LoginAs, Principal, Secret};

use crate::app::App;
use crate::request;
use crate::status::Problem;

const API_KEY_CHARACTERS: usize = 100;
const SESSION_CHARACTERS: usize = 40;
const LOGIN_AS: &str = "callr-login-as";

const MISSING: Problem = Problem::Unauthenticated {
    detail: "send Authorization: Basic login:password (base64), Api-Key KEY, Session TOKEN or Bearer KEY",
};
const WRONG: Problem = Problem::Unauthenticated { detail: "the credentials are not good, or no longer" };
const LOGIN_AS_REFUSED: Problem = Problem::Unauthenticated {
    detail: "CALLR-Login-As wants account.hash HASH, account.id NAME, user.login LOGIN or user.id NAME of an enabled account below the caller's",
};
const NO_ANSWER: Problem = Problem::Unavailable { detail: "the catalog does not answer" };

#[derive(Debug, PartialEq, Eq)]
enum Claim {
    Password { login: String, password: Secret },
    ApiKey(Secret),
    Session(Secret),
}

/// Who a request is from, after login-as, with the request counted against the limit of the credentials. Doors ask
/// [`crate::access::enter`], which also asks for a scope.
///
/// # Errors
/// [`Problem::Unauthenticated`], [`Problem::TooManyRequests`], or [`Problem::Unavailable`] when the catalog cannot say.
pub(crate) async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    let value = headers.get(header::AUTHORIZATION).ok_or(MISSING)?;
    let claim = Claim::parse(value.as_bytes()).ok_or(WRONG)?;
    let accounts = &app.accounts;
    let found = match &claim {
        Claim::Password { login, password } => accounts.authenticate_password(login, password).await,
        Claim::ApiKey(token) => accounts.authenticate_api_key(token).await,
        Claim::Session(token) => accounts.authenticate_session(token).await,
    };
    let principal = found.map_err(|error| no_answer(&error))?.ok_or(WRONG)?;
    count(app, &principal)?;
    match headers.get(LOGIN_AS) {
        None => Ok(principal),
        Some(target) => {
            let target = target.to_str().ok().and_then(target_of).ok_or(LOGIN_AS_REFUSED)?;
            let entered = accounts.login_as(&principal, &target, &request::origin()).await;
            entered.map_err(|error| no_answer(&error))?.ok_or(LOGIN_AS_REFUSED)
        }
    }
}

/// Counts a request against the limit of its credentials.
fn count(app: &App, principal: &Principal) -> Result<(), Problem> {
    let Some(standing) = app.limits.count(principal) else { return Ok(()) };
    request::note(standing);
    let Some(retry_after_seconds) = standing.retry_after_seconds() else { return Ok(()) };
    metrics::counter!("callhouse_http_rate_limited_total", "route" => request::route()).increment(1);
    Err(Problem::TooManyRequests {
        retry_after_seconds,
        per_second: standing.per_second().get(),
        burst: standing.burst().get(),
    })
}

/// Whom `CALLR-Login-As` names. An account here is one user, whose id is the account's name.
fn target_of(value: &str) -> Option<LoginAs<'_>> {
    let (kind, name) = value.trim().split_once(' ')?;
    let name = name.trim();
    match kind.to_ascii_lowercase().as_str() {
        "account.hash" => Some(LoginAs::Hash(name)),
        "account.id" | "user.id" => Some(LoginAs::Name(name)),
        "user.login" => Some(LoginAs::Login(name)),
        _ => None,
    }
}

impl Claim {
    fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?.trim();
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => Self::basic(rest),
            "api-key" => Self::token(rest, API_KEY_CHARACTERS).map(Self::ApiKey),
            "session" => Self::token(rest, SESSION_CHARACTERS).map(Self::Session),
            // What generic HTTP tools know how to send; the length tells a key from a session.
            "bearer" => Self::token(rest, API_KEY_CHARACTERS)
                .map(Self::ApiKey)
                .or_else(|| Self::token(rest, SESSION_CHARACTERS).map(Self::Session)),
            _ => None,
        }
    }

    fn basic(encoded: &str) -> Option<Self> {
        let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (login, password) = text.split_once(':')?;
        Some(Self::Password { login: login.to_owned(), password: Secret::new(password) })
    }

    fn token(text: &str, characters: usize) -> Option<Secret> {
        let hex = text.len() == characters && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| Secret::new(text.to_ascii_lowercase()))
    }
}

pub(crate) fn no_answer(error: &callhouse_lake::Error) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "asking the catalog failed");
    NO_ANSWER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_schemes_are_read_whatever_the_case_of_their_name() {
        let key = "AB".repeat(50);
        let session = "0f".repeat(20);
        let api_key = Some(Claim::ApiKey(Secret::new(key.to_lowercase())));
        assert_eq!(Claim::parse(format!("Api-Key {key}").as_bytes()), api_key);
        assert_eq!(Claim::parse(format!("bearer {key}").as_bytes()), api_key);
        let session_claim = Some(Claim::Session(Secret::new(session.clone())));
        assert_eq!(Claim::parse(format!("SESSION  {session}").as_bytes()), session_claim);
        assert_eq!(Claim::parse(format!("Bearer {session}").as_bytes()), session_claim);
        let password = Claim::Password { login: "acme".to_owned(), password: Secret::new("a:b") };
        assert_eq!(Claim::parse(b"Basic YWNtZTphOmI="), Some(password));
    }

    #[test]
    fn what_is_no_credential_is_none() {
        for bad in
            ["", "Basic", "Basic !!!", "Basic YWNtZQ==", "Api-Key 12", "Session zz", "Digest x", "Api-Key "]
        {
            assert_eq!(Claim::parse(bad.as_bytes()), None, "{bad:?}");
        }
        let not_hex = format!("Api-Key {}", "x".repeat(100));
        assert_eq!(Claim::parse(not_hex.as_bytes()), None);
        assert_eq!(Claim::parse(b"Basic \xff"), None);
    }
}
