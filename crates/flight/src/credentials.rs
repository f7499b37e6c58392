//! Credentials as gRPC carries them: `authorization` with Basic (an account and one of its API keys) or Bearer (an API
//! key, a token of a handshake or of a CALLR session).
//!
//! Owns how they travel; whether they are good is asked of `lake`. Keeps SEC-1: what was read is a [`Secret`].

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use callhouse_lake::accounts::{AccessScope, Accounts, Credential, Principal, Secret};
use callhouse_query::{Caller, Scope};
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::bearers::{self, Bearers};
use crate::error;

const API_KEY_CHARACTERS: usize = 100;
const SESSION_CHARACTERS: usize = 40;
pub(crate) const HEADER: &str = "authorization";

const MISSING: &str = "send authorization: Basic ACCOUNT:API-KEY (base64), or Bearer API-KEY";
const UNREADABLE: &str = "authorization is read as Basic ACCOUNT:API-KEY (base64), Bearer API-KEY, or Bearer with a handshake's token";
const WRONG_KEY: &str = "this API key is not good";
const WRONG_TOKEN: &str = "this token has expired, or its API key is no longer good: shake hands again";

/// What a client says it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Basic {
        account: String,
        password: Secret,
    },
    ApiKey(Secret),
    /// A token of a handshake.
    Token(Secret),
    /// A session of the HTTP API.
    Session(Secret),
}

impl Claim {
    /// # Errors
    /// UNAUTHENTICATED when there is none, or none that can be read.
    pub(crate) fn read(metadata: &MetadataMap) -> Result<Self, Status> {
        let value = metadata.get(HEADER).ok_or_else(|| Status::unauthenticated(MISSING))?;
        let text = value.to_str().ok().and_then(|text| text.trim().split_once(' '));
        let claim = text.and_then(|(scheme, rest)| Self::parse(scheme, rest.trim()));
        claim.ok_or_else(|| Status::unauthenticated(UNREADABLE))
    }

    fn parse(scheme: &str, rest: &str) -> Option<Self> {
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok()?;
            let text = String::from_utf8(decoded).ok()?;
            let (account, password) = text.split_once(':')?;
            return Some(Self::Basic { account: account.to_owned(), password: Secret::new(password) });
        }
        if !scheme.eq_ignore_ascii_case("bearer") || !rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let token = Secret::new(rest.to_ascii_lowercase());
        match rest.len() {
            API_KEY_CHARACTERS => Some(Self::ApiKey(token)),
            bearers::TOKEN_CHARACTERS => Some(Self::Token(token)),
            SESSION_CHARACTERS => Some(Self::Session(token)),
            _ => None,
        }
    }
}

/// Who a claim is, if it is good.
///
/// # Errors
/// UNAUTHENTICATED, saying what is wrong; INTERNAL when the catalog does not answer.
pub(crate) async fn prove(
    claim: &Claim,
    accounts: &Accounts,
    bearers: &Bearers,
) -> Result<Principal, Status> {
    let failed = |error: callhouse_lake::Error| error::fault(&error);
    let (found, wrong) = match claim {
        Claim::Basic { account, password } => {
            let key = Secret::new(password.expose().to_ascii_lowercase());
            let found = accounts.authenticate_api_key(&key).await.map_err(failed)?;
            let found = found.filter(|principal| principal.account.as_str() == account);
            (found, format!("the password of {account:?} must be one of its API keys"))
        }
        Claim::ApiKey(key) => {
            (accounts.authenticate_api_key(key).await.map_err(failed)?, WRONG_KEY.to_owned())
        }
        Claim::Token(token) => {
            let found = bearers.find(Instant::now(), token);
            let found = match found {
                Some(principal) if is_good(&principal, accounts).await.map_err(failed)? => Some(principal),
                _ => None,
            };
            (found, WRONG_TOKEN.to_owned())
        }
        Claim::Session(token) => {
            (accounts.authenticate_session(token).await.map_err(failed)?, WRONG_TOKEN.to_owned())
        }
    };
    let principal = found.ok_or_else(|| Status::unauthenticated(wrong))?;
    if principal.may(AccessScope::Sql) {
        Ok(principal)
    } else {
        Err(Status::permission_denied(AccessScope::Sql.missing()))
    }
}

/// Whether what a token was given for is still good.
async fn is_good(principal: &Principal, accounts: &Accounts) -> Result<bool, callhouse_lake::Error> {
    match principal.credential {
        Credential::ApiKey(id) => accounts.api_key_may(id, AccessScope::Sql).await,
        // Tokens are given for API keys only.
        Credential::Password | Credential::Session(_) => Ok(false),
    }
}

/// Whose rows a call sees (TEN-1): an administrator's key those of every account.
pub(crate) fn caller(principal: &Principal) -> Caller {
    let scope = if principal.admin { Scope::All } else { Scope::account(principal.account.clone()) };
    Caller { scope, name: principal.account.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Result<Claim, String> {
        let mut metadata = MetadataMap::new();
        metadata.insert(HEADER, value.parse().unwrap());
        Claim::read(&metadata).map_err(|status| status.message().to_owned())
    }

    #[test]
    fn the_length_of_a_bearer_tells_what_it_is() {
        let key = "AB".repeat(50).leak();
        let api_key = Ok(Claim::ApiKey(Secret::new(key.to_lowercase())));
        assert_eq!(read(format!("bearer {key}").leak()), api_key);
        let token = "0f".repeat(32);
        assert_eq!(read(format!("Bearer  {token}").leak()), Ok(Claim::Token(Secret::new(token))));
        let session = "0f".repeat(20);
        assert_eq!(read(format!("Bearer {session}").leak()), Ok(Claim::Session(Secret::new(session))));
        let basic = Claim::Basic { account: "acme".to_owned(), password: Secret::new("a:b") };
        assert_eq!(read("BASIC YWNtZTphOmI"), Ok(basic));
    }

    #[test]
    fn what_is_no_credential_is_told_the_form() {
        for bad in ["", "Basic", "Basic !!!", "Basic YWNtZQ==", "Bearer 12", "Bearer ", "Digest x"] {
            assert_eq!(read(bad), Err(UNREADABLE.to_owned()), "{bad:?}");
        }
        assert_eq!(read(format!("Bearer {}", "x".repeat(100)).leak()), Err(UNREADABLE.to_owned()));
        let none = Claim::read(&MetadataMap::new()).unwrap_err();
        assert_eq!((none.code(), none.message()), (tonic::Code::Unauthenticated, MISSING));
    }
}
