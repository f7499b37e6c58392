//! Endpoints: the URLs deliveries go to.

use callhouse_core::AccountId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

/// Longest endpoint, in bytes.
const MAX_BYTES: usize = 2_048;

/// An HTTP(S) URL as its owner wrote it, checked to be one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Endpoint(String);

/// Why a text is no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    #[error("an endpoint is an absolute URL such as https://example.com/hooks")]
    NotAUrl,
    #[error("an endpoint is of http or https")]
    Scheme,
    #[error("an endpoint carries no user name or password: deliveries are signed with hmac_secret instead")]
    Credentials,
    #[error("an endpoint has at most {MAX_BYTES} bytes")]
    TooLong,
}

impl Endpoint {
    /// Checks the form of an endpoint; where it leads is for [`super::Wall`] to say.
    ///
    /// # Errors
    /// [`EndpointFault`].
    pub fn parse(text: &str) -> Result<Self, EndpointFault> {
        if text.len() > MAX_BYTES {
            return Err(EndpointFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| EndpointFault::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointFault::Scheme);
        }
        if url.host().is_none() {
            return Err(EndpointFault::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointFault::Credentials);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn url(&self) -> Option<Url> {
        Url::parse(&self.0).ok()
    }
}

/// The lane of an account's deliveries to an endpoint: one for each address without its query, which often names the
/// thing announced. An account's own, so that nobody holds up another's deliveries by hammering the same address.
pub(super) fn lane(account: &AccountId, endpoint: &str) -> i64 {
    let address = endpoint.split(['?', '#']).next().unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(account.as_str().as_bytes());
    hasher.update([0]);
    hasher.update(address.as_bytes());
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_http_urls_without_credentials() {
        for good in [
            "http://example.com",
            "https://example.com:8443/a?b=c#d",
            "http://[2001:db8::1]/",
            "HTTPS://é.fr/",
        ] {
            assert_eq!(Endpoint::parse(good).unwrap().as_str(), good);
        }
        for (bad, fault) in [
            ("", EndpointFault::NotAUrl),
            ("example.com/x", EndpointFault::NotAUrl),
            ("/x", EndpointFault::NotAUrl),
            ("http://", EndpointFault::NotAUrl),
            ("ftp://example.com/", EndpointFault::Scheme),
            ("file:///etc/passwd", EndpointFault::Scheme),
            ("javascript:alert(1)", EndpointFault::Scheme),
            ("http://me:secret@example.com/", EndpointFault::Credentials),
            ("http://me@example.com/", EndpointFault::Credentials),
            (&format!("http://example.com/{}", "x".repeat(MAX_BYTES)), EndpointFault::TooLong),
        ] {
            assert_eq!(Endpoint::parse(bad), Err(fault), "{bad}");
        }
    }

    #[test]
    fn a_lane_is_an_account_and_an_address() {
        let (acme, beta) = (AccountId::new("acme").unwrap(), AccountId::new("beta").unwrap());
        let of = |account, endpoint| lane(account, endpoint);
        assert_eq!(of(&acme, "http://a/x?call=1"), of(&acme, "http://a/x?call=2"));
        assert_ne!(of(&acme, "http://a/x"), of(&acme, "http://a/y"));
        assert_ne!(of(&acme, "http://a/x"), of(&beta, "http://a/x"));
    }
}
