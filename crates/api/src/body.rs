//! Request bodies: read within the limit, decompressed within the limit, and all together within a budget.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::status::Problem;

/// Bytes a body may have, as sent and as decompressed.
pub(crate) const LIMIT_BYTES: usize = 10 * 1024 * 1024;
/// Bytes of all bodies being read or worked on at one time.
const BUDGET_BYTES: usize = 256 * 1024 * 1024;
/// What the budget is counted in.
const UNIT_BYTES: usize = 4 * 1024;
/// How long a request waits for its share of the budget before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a body may take to arrive; meanwhile it holds its share.
const ARRIVAL: Duration = Duration::from_secs(60);
/// Bytes read of a request that is refused anyway, to echo its id.
const REFUSED_BYTES: usize = 64 * 1024;

/// The budget of all bodies. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Bodies {
    budget: Arc<Semaphore>,
    patience: Duration,
    arrival: Duration,
}

/// A body with its share of the budget, which it gives back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

impl Bodies {
    pub(crate) fn new() -> Self {
        Self::with(BUDGET_BYTES, PATIENCE, ARRIVAL)
    }

    fn with(budget_bytes: usize, patience: Duration, arrival: Duration) -> Self {
        Self { budget: Arc::new(Semaphore::new(budget_bytes / UNIT_BYTES)), patience, arrival }
    }

    /// Reads a body and undoes its content encoding.
    ///
    /// # Errors
    /// [`Problem::BodyTooLarge`], [`Problem::BodyTooSlow`], [`Problem::BodyBroken`], [`Problem::UnsupportedEncoding`],
    /// [`Problem::Busy`].
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Held, Problem> {
        let encoding = Encoding::of(headers)?;
        let share = Arc::clone(&self.budget).acquire_many_owned(share_units(headers, encoding));
        let share = match timeout(self.patience, share).await {
            Ok(share) => share.map_err(|_| Problem::Internal)?,
            Err(_) => return Err(Problem::Busy),
        };
        let arrived = timeout(self.arrival, collect(body, LIMIT_BYTES)).await;
        let sent = arrived.map_err(|_| Problem::BodyTooSlow { limit_seconds: self.arrival.as_secs() })??;
        let bytes = match encoding {
            Encoding::Identity => sent,
            // Up to 10 MB of inflating takes tens of milliseconds: not on a thread that serves others.
            Encoding::Gzip => match tokio::task::spawn_blocking(move || gunzip(&sent, LIMIT_BYTES)).await {
                Ok(result) => result?,
                Err(_) => return Err(Problem::Internal),
            },
        };
        Ok(Held { bytes, _share: share })
    }
}

/// The beginning of a body nobody will work on; empty when it does not come, is long or is compressed.
pub(crate) async fn read_refused(body: Body) -> Bytes {
    match timeout(PATIENCE, collect(body, REFUSED_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) | Err(_) => Bytes::new(),
    }
}

/// The share of a body: its stated length, or the limit when that is not known before it is read.
fn share_units(headers: &HeaderMap, encoding: Encoding) -> u32 {
    let stated =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let bytes = match (stated, encoding) {
        (Some(bytes), Encoding::Identity) => bytes.min(LIMIT_BYTES),
        (None, _) | (_, Encoding::Gzip) => LIMIT_BYTES,
    };
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX)
}

async fn collect(body: Body, limit_bytes: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Problem::BodyBroken {
            detail: format!("the body could not be read to its end: {error}"),
        })?;
        if whole.len() + chunk.len() > limit_bytes {
            return Err(Problem::BodyTooLarge { limit_bytes });
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Self::Identity) };
        let name = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            _ => Err(Problem::UnsupportedEncoding { found: name }),
        }
    }
}

/// Inflates at most `limit_bytes`; a body that would give more is refused without being inflated further.
fn gunzip(sent: &[u8], limit_bytes: usize) -> Result<Bytes, Problem> {
    let mut inflated = Vec::new();
    let one_more = u64::try_from(limit_bytes).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(sent)
        .take(one_more)
        .read_to_end(&mut inflated)
        .map_err(|error| Problem::BodyBroken { detail: format!("the body is not gzip: {error}") })?;
    if inflated.len() > limit_bytes {
        return Err(Problem::BodyTooLarge { limit_bytes });
    }
    Ok(inflated.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[tokio::test]
    async fn bodies_together_stay_within_the_budget() {
        let bodies = Bodies::with(LIMIT_BYTES, Duration::from_millis(10), ARRIVAL);
        let free = || bodies.budget.available_permits();
        let whole = free();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, 5_000.into());
        let held = bodies.read(&headers, Body::from(vec![b' '; 5_000])).await.expect("a body");
        assert_eq!((held.bytes.len(), whole - free()), (5_000, 2));
        drop(held);
        let held = bodies.read(&HeaderMap::new(), Body::from("{}")).await.expect("a body");
        assert_eq!(free(), 0, "a body of unknown length may be as long as the limit");
        assert_eq!(bodies.read(&headers, Body::empty()).await.map(|held| held.bytes), Err(Problem::Busy));
        drop(held);
        assert_eq!(free(), whole);
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        let bodies = Bodies::with(LIMIT_BYTES, PATIENCE, Duration::from_millis(10));
        let read = bodies.read(&HeaderMap::new(), never).await;
        assert_eq!(read.map(|held| held.bytes), Err(Problem::BodyTooSlow { limit_seconds: 0 }));
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    #[test]
    fn gzip_round_trips_also_in_several_members() {
        let sent = [gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n")].concat();
        assert_eq!(gunzip(&sent, 100).as_deref(), Ok(b"{\"a\":1}\n{\"b\":2}\n".as_slice()));
    }

    #[test]
    fn a_small_body_that_inflates_beyond_the_limit_is_refused() {
        let bomb = gzip(&vec![b' '; 100_000]);
        assert!(bomb.len() < 1_000);
        assert_eq!(gunzip(&bomb, 1_000), Err(Problem::BodyTooLarge { limit_bytes: 1_000 }));
    }

    #[test]
    fn broken_gzip_is_named_as_such() {
        let whole = gzip(b"some text that was cut short");
        for broken in [&whole[..whole.len() - 5], b"plain text".as_slice(), b"".as_slice()] {
            assert!(matches!(gunzip(broken, 1_000), Err(Problem::BodyBroken { .. })), "{broken:?}");
        }
    }
}
