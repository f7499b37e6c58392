//! Request bodies: read within the limit, decompressed within the limit.

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;

use crate::status::Problem;

/// Bytes a body may have, as sent and as decompressed.
pub(crate) const LIMIT_BYTES: usize = 10 * 1024 * 1024;

/// Reads a body and undoes its content encoding.
///
/// # Errors
/// [`Problem::BodyTooLarge`], [`Problem::BodyBroken`], [`Problem::UnsupportedEncoding`].
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let encoding = Encoding::of(headers)?;
    let sent = collect(body, LIMIT_BYTES).await?;
    match encoding {
        Encoding::Identity => Ok(sent),
        // Up to 10 MB of inflating takes tens of milliseconds: not on a thread that serves others.
        Encoding::Gzip => match tokio::task::spawn_blocking(move || gunzip(&sent, LIMIT_BYTES)).await {
            Ok(result) => result,
            Err(_) => Err(Problem::Internal),
        },
    }
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
