//! How deliveries are signed, in the open and sealed.

use serde::{Deserialize, Serialize};

use super::Webhooks;
use crate::accounts::Secret;
use crate::error::Error;

/// The hash of an HMAC, by CALLR's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HmacAlgorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl HmacAlgorithm {
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// With what deliveries are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    pub algorithm: HmacAlgorithm,
    pub secret: Secret,
}

/// The same as it is stored: useless without the key of the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSigning {
    pub algorithm: HmacAlgorithm,
    pub(super) secret: Box<str>,
}

/// What a secret is sealed for. The account, so that no other account's row can use it.
fn context(account: &str) -> String {
    format!("webhook of {account}")
}

impl Webhooks {
    /// Seals what an account signs with.
    ///
    /// # Errors
    /// [`Error::File`] when the key of the data folder can neither be read nor made.
    pub fn seal(
        &self,
        account: &callhouse_core::AccountId,
        signing: &Signing,
    ) -> Result<SealedSigning, Error> {
        let secret = self.sealer.seal(&context(account.as_str()), &signing.secret)?.into();
        Ok(SealedSigning { algorithm: signing.algorithm, secret })
    }

    /// Opens it again.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`] when the key is gone or another one.
    pub fn open(
        &self,
        account: &callhouse_core::AccountId,
        sealed: &SealedSigning,
    ) -> Result<Signing, Error> {
        let secret = self.sealer.open(&context(account.as_str()), &sealed.secret)?;
        Ok(Signing { algorithm: sealed.algorithm, secret })
    }
}
