//! The server's half of a SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), without channel binding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callhouse_lake::accounts::{SCRAM_ITERATIONS, scram_salt};

/// The mechanism's name.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";
const NONCE_BYTES: usize = 18;

/// After the client's first message.
#[derive(Debug)]
pub(crate) struct Exchange {
    client_first_bare: String,
    server_first: String,
    nonce: String,
    /// The header the client must repeat.
    header: String,
}

/// What the client's last message proves, and over what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) message: String,
    pub(crate) proof: [u8; 32],
}

impl Exchange {
    /// Reads `n,,n=…,r=…`; `None` when it is something else. The name in it is empty or repeated by clients, and the
    /// one of the startup message counts.
    pub(crate) fn begin(account: &str, client_first: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(client_first).ok()?;
        let (flag, rest) = text.split_once(',')?;
        // "y": the client could bind to a channel and thinks that we cannot, which is so.
        if flag != "n" && flag != "y" {
            return None;
        }
        let (authorization, bare) = rest.split_once(',')?;
        let client_nonce = bare.split(',').find_map(|part| part.strip_prefix("r="))?;
        let printable = |byte: u8| (0x21..=0x7e).contains(&byte);
        if client_nonce.is_empty() || !client_nonce.bytes().all(printable) {
            return None;
        }
        let nonce = format!("{client_nonce}{}", STANDARD.encode(rand::random::<[u8; NONCE_BYTES]>()));
        let salt = STANDARD.encode(scram_salt(account));
        Some(Self {
            client_first_bare: bare.to_owned(),
            server_first: format!("r={nonce},s={salt},i={SCRAM_ITERATIONS}"),
            nonce,
            header: format!("{flag},{authorization},"),
        })
    }

    pub(crate) fn server_first(&self) -> &str {
        &self.server_first
    }

    /// Reads `c=…,r=…,p=…`.
    pub(crate) fn proof(&self, client_final: &[u8]) -> Option<Proof> {
        let text = std::str::from_utf8(client_final).ok()?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let mut parts = without_proof.split(',');
        let binding = parts.next()?.strip_prefix("c=")?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        if STANDARD.decode(binding).ok()? != self.header.as_bytes() || nonce != self.nonce {
            return None;
        }
        let message = format!("{},{},{without_proof}", self.client_first_bare, self.server_first);
        Some(Proof { message, proof: STANDARD.decode(proof).ok()?.try_into().ok()? })
    }
}

/// `v=…`, which proves the server to the client.
pub(crate) fn server_final(signature: &[u8; 32]) -> String {
    format!("v={}", STANDARD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_goes_on_only_with_its_own_nonce_and_header() {
        let exchange = Exchange::begin("acme", b"n,,n=,r=abc").unwrap();
        let nonce = exchange.nonce.clone();
        assert!(nonce.starts_with("abc") && nonce.len() > 20);
        let proof = STANDARD.encode([7; 32]);
        let good = exchange.proof(format!("c=biws,r={nonce},p={proof}").as_bytes()).unwrap();
        assert_eq!(good.proof, [7; 32]);
        let server = exchange.server_first();
        assert_eq!(good.message, format!("n=,r=abc,{server},c=biws,r={nonce}"));
        for bad in [
            format!("c=eSws,r={nonce},p={proof}"),
            format!("c=biws,r={nonce}x,p={proof}"),
            format!("c=biws,r={nonce},p=AAAA"),
            format!("c=biws,r={nonce}"),
            String::new(),
        ] {
            assert_eq!(exchange.proof(bad.as_bytes()), None, "{bad}");
        }
        for bad in ["", "p=tls-unique,,n=,r=abc", "n,,n=", "n,,n=,r=", "n,,n=,r=a b"] {
            assert!(Exchange::begin("acme", bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
