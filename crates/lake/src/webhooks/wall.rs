//! The endpoint wall: deliveries go to public addresses only, unless the operator allows others.
//!
//! Asked when an endpoint is given, and again at every connection with the addresses that the connection will really
//! use, so that a name that changes its address afterwards leads nowhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::Host;

use super::Endpoint;

/// How long a name may take to resolve when its endpoint is given.
const RESOLVE_LIMIT: Duration = Duration::from_secs(3);

/// Names to addresses.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// An address, or a name with no other ones, that deliveries may not go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} leads to {address}, which is not a public address")]
pub struct Refused {
    pub host: String,
    pub address: IpAddr,
}

/// Lets endpoints through, or not. Cheap to clone.
#[derive(Clone)]
pub struct Wall {
    allow_private: bool,
    resolver: Arc<dyn Resolver>,
}

impl fmt::Debug for Wall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Wall").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl Wall {
    /// A wall that lets every address through when `allow_private`.
    #[must_use]
    pub fn new(allow_private: bool, resolver: Arc<dyn Resolver>) -> Self {
        Self { allow_private, resolver }
    }

    /// Looks where an endpoint leads now. A name that does not resolve is let through: it may do so when it is needed,
    /// and is looked at then.
    ///
    /// # Errors
    /// [`Refused`] when any of its addresses is not public.
    pub async fn check(&self, endpoint: &Endpoint) -> Result<(), Refused> {
        if let Some(refused) = self.refuses_literal(endpoint) {
            return Err(refused);
        }
        let url = endpoint.url();
        let Some(Host::Domain(name)) = url.as_ref().and_then(url::Url::host) else { return Ok(()) };
        if self.allow_private {
            return Ok(());
        }
        match tokio::time::timeout(RESOLVE_LIMIT, self.resolver.resolve(name)).await {
            Ok(Ok(addresses)) => match addresses.into_iter().find(|address| !is_public(*address)) {
                Some(address) => Err(Refused { host: name.to_owned(), address }),
                None => Ok(()),
            },
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }

    /// Whether the endpoint names an address, in whatever notation, that is not public. HTTP clients connect to such
    /// without asking a resolver.
    #[must_use]
    pub fn refuses_literal(&self, endpoint: &Endpoint) -> Option<Refused> {
        let address = match endpoint.url()?.host()? {
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
            Host::Domain(_) => return None,
        };
        let refused = !self.allow_private && !is_public(address);
        refused.then(|| Refused { host: address.to_string(), address })
    }

    /// The addresses of a name that may be connected to; at least one.
    ///
    /// # Errors
    /// What the resolver says, and [`Refused`] when it knows other addresses only.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let mut addresses = self.resolver.resolve(host).await?;
        let first = addresses.first().copied();
        addresses.retain(|address| self.allow_private || is_public(*address));
        match (addresses.is_empty(), first) {
            (false, _) => Ok(addresses),
            (true, Some(address)) => Err(Refused { host: host.to_owned(), address }.into()),
            (true, None) => {
                Err(io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")).into())
            }
        }
    }
}

/// Whether an address is one of the public Internet (IANA special-purpose address registries, RFC 6890 and after).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [([u8; 4], u32); 16] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
        ([255, 255, 255, 255], 32),
    ];
    let bits = address.to_bits();
    SPECIAL.iter().all(|(network, prefix)| {
        let mask = u32::MAX << (32 - prefix);
        bits & mask != u32::from_be_bytes(*network) & mask
    })
}

/// Global unicast without the parts set apart, and the forms that stand for a public IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(embedded) = embedded_v4(segments) {
        return is_public_v4(embedded);
    }
    let global = segments[0] & 0xe000 == 0x2000;
    let protocols = segments[0] == 0x2001 && segments[1] < 0x0200;
    let documentation =
        (segments[0] == 0x2001 && segments[1] == 0x0db8) || (segments[0] == 0x3fff && segments[1] < 0x1000);
    global && !protocols && !documentation
}

/// The IPv4 address that packets to this one really go to: mapped, translated (RFC 6052) or 6to4.
fn embedded_v4(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    /// Answers each question with the next of its addresses.
    struct Changing(Mutex<Vec<IpAddr>>);

    #[async_trait]
    impl Resolver for Changing {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Ok(vec![self.0.lock().remove(0)])
        }
    }

    fn wall(answers: &[&str]) -> Wall {
        let answers = answers.iter().map(|answer| answer.parse().unwrap()).collect();
        Wall::new(false, Arc::new(Changing(Mutex::new(answers))))
    }

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap()
    }

    #[test]
    fn addresses_of_inner_networks_are_not_public() {
        for inner in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "100::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:200::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn addresses_in_any_notation_are_refused() {
        for inner in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://[::1]:80/",
            "http://[::ffff:7f00:1]/",
            "https://[fe80::1]/",
            "http://10.0.0.8:8080/x",
            "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        ] {
            let refused = wall(&[]).check(&endpoint(inner)).await;
            assert!(refused.is_err(), "{inner}");
        }
        assert_eq!(wall(&[]).check(&endpoint("http://8.8.8.8/")).await, Ok(()));
    }

    #[tokio::test]
    async fn a_name_is_refused_by_its_addresses_then_and_now() {
        let rebound = wall(&["8.8.8.8", "127.0.0.1"]);
        assert_eq!(rebound.check(&endpoint("http://example.com/")).await, Ok(()));
        let error = rebound.resolve("example.com").await.unwrap_err();
        assert_eq!(error.downcast_ref::<Refused>().unwrap().address, "127.0.0.1".parse::<IpAddr>().unwrap());
        let refused = wall(&["10.0.0.1"]).check(&endpoint("http://inner.example.com/")).await.unwrap_err();
        assert_eq!(refused.host, "inner.example.com");
    }

    #[tokio::test]
    async fn an_operator_may_allow_inner_addresses() {
        let answers = vec!["127.0.0.1".parse().unwrap()];
        let open = Wall::new(true, Arc::new(Changing(Mutex::new(answers))));
        assert_eq!(open.check(&endpoint("http://127.0.0.1/")).await, Ok(()));
        assert_eq!(open.resolve("localhost").await.unwrap().len(), 1);
    }
}
