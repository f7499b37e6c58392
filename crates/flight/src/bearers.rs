//! Bearer tokens: what a handshake gives, so that a client need not send its API key with every call.
//!
//! They live in the memory of this process, as digests (SEC-1): a restart ends them, and clients shake hands again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use callhouse_lake::accounts::{Principal, Secret};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

/// Unused for so long, a token is gone.
const IDLE: Duration = Duration::from_secs(24 * 3_600);
/// Tokens of one account; one more ends the one that was used longest ago.
const MAX_OF_ACCOUNT: usize = 500;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// Characters of a token: lowercase hex.
pub(crate) const TOKEN_CHARACTERS: usize = 2 * TOKEN_BYTES;

type Digest = [u8; 32];

/// The tokens that are good.
#[derive(Default)]
pub(crate) struct Bearers {
    known: Mutex<HashMap<Digest, Bearer>>,
}

struct Bearer {
    principal: Principal,
    used_at: Instant,
}

impl Bearers {
    /// A new token of someone who has proved who they are.
    pub(crate) fn admit(&self, now: Instant, principal: Principal) -> Secret {
        let token = Secret::new(hex::encode(rand::random::<[u8; TOKEN_BYTES]>()));
        let mut known = self.known.lock();
        known.retain(|_, bearer| now.duration_since(bearer.used_at) <= IDLE);
        let own = || known.iter().filter(|(_, bearer)| bearer.principal.account == principal.account);
        if own().count() >= MAX_OF_ACCOUNT
            && let Some(oldest) = own().min_by_key(|(_, bearer)| bearer.used_at).map(|(digest, _)| *digest)
        {
            known.remove(&oldest);
        }
        known.insert(digest(&token), Bearer { principal, used_at: now });
        token
    }

    /// Whose token it is. It counts as used.
    pub(crate) fn find(&self, now: Instant, token: &Secret) -> Option<Principal> {
        let mut known = self.known.lock();
        let bearer = known.get_mut(&digest(token))?;
        if now.duration_since(bearer.used_at) > IDLE {
            return None;
        }
        bearer.used_at = now;
        Some(bearer.principal.clone())
    }

    /// Ends a token.
    pub(crate) fn end(&self, token: &Secret) {
        self.known.lock().remove(&digest(token));
    }
}

fn digest(token: &Secret) -> Digest {
    Sha256::digest(token.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use callhouse_core::AccountId;
    use callhouse_lake::accounts::Credential;

    use super::*;

    fn principal(account: &str) -> Principal {
        let account = AccountId::new(account).unwrap();
        Principal { credential: Credential::ApiKey(1), ..Principal::of_login(account) }
    }

    #[test]
    fn a_token_is_good_while_it_is_used_and_until_it_is_ended() {
        let (bearers, mut now) = (Bearers::default(), Instant::now());
        let token = bearers.admit(now, principal("acme"));
        assert_eq!(token.expose().len(), TOKEN_CHARACTERS);
        for _ in 0..3 {
            now += IDLE / 2;
            assert_eq!(bearers.find(now, &token), Some(principal("acme")));
        }
        assert_eq!(bearers.find(now + IDLE + Duration::from_secs(1), &token), None);
        bearers.end(&token);
        assert_eq!(bearers.find(now, &token), None);
        assert_eq!(bearers.find(now, &Secret::new("0".repeat(TOKEN_CHARACTERS))), None);
    }

    #[test]
    fn an_account_ends_its_own_tokens_only() {
        let (bearers, mut now) = (Bearers::default(), Instant::now());
        let other = bearers.admit(now, principal("beta"));
        let first = bearers.admit(now, principal("acme"));
        for _ in 0..MAX_OF_ACCOUNT {
            now += Duration::from_millis(1);
            bearers.admit(now, principal("acme"));
        }
        assert_eq!(bearers.find(now, &first), None);
        assert_eq!(bearers.find(now, &other), Some(principal("beta")));
        assert_eq!(bearers.known.lock().len(), MAX_OF_ACCOUNT + 1);
    }
}
