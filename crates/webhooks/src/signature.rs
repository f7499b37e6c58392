//! The signature of a delivery: HMAC over the bytes of the body, base64 of the raw digest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callhouse_lake::webhooks::{HmacAlgorithm, Signing};
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The value of `X-CALLR-HmacSignature`.
pub(crate) fn sign(signing: &Signing, body: &[u8]) -> String {
    let secret = signing.secret.expose().as_bytes();
    match signing.algorithm {
        HmacAlgorithm::Md5 => encoded(Hmac::<Md5>::new_from_slice(secret), body),
        HmacAlgorithm::Sha1 => encoded(Hmac::<Sha1>::new_from_slice(secret), body),
        HmacAlgorithm::Sha256 => encoded(Hmac::<Sha256>::new_from_slice(secret), body),
        HmacAlgorithm::Sha512 => encoded(Hmac::<Sha512>::new_from_slice(secret), body),
    }
}

fn encoded<M: Mac>(mac: Result<M, hmac::digest::InvalidLength>, body: &[u8]) -> String {
    let mut mac = mac.expect("HMAC takes keys of any length (RFC 2104)");
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use callhouse_lake::accounts::Secret;

    use super::*;

    #[test]
    fn signatures_are_those_of_the_standards() {
        // RFC 2202 §2 and §3, RFC 4231 §4.3: key "Jefe", data "what do ya want for nothing?".
        for (algorithm, hex_digest) in [
            (HmacAlgorithm::Md5, "750c783e6ab0b503eaa86e310a5db738"),
            (HmacAlgorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (HmacAlgorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                HmacAlgorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let signing = Signing { algorithm, secret: Secret::new("Jefe") };
            let bytes: Vec<u8> = (0..hex_digest.len())
                .step_by(2)
                .map(|at| {
                    u8::from_str_radix(hex_digest.get(at..at + 2).expect("two digits"), 16).expect("hex")
                })
                .collect();
            assert_eq!(
                sign(&signing, b"what do ya want for nothing?"),
                STANDARD.encode(bytes),
                "{algorithm:?}"
            );
        }
    }
}
