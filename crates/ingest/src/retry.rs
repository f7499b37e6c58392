//! Bounded retries with backoff, for failures that may pass by themselves.

use std::future::Future;
use std::time::Duration;

use callhouse_lake::Disposition;

use crate::error::Error;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const LOOK_UP_ATTEMPTS: u32 = 8;

/// How long to pause after the given attempt, counted from 1: 50 ms, doubling, at most 5 s.
pub(crate) fn pause_after(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST_PAUSE)
}

/// Looks an account up, trying again while the failure is transient.
pub(crate) async fn look_up<T, F>(read: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, callhouse_lake::Error>>,
{
    with_pauses(read).await.map_err(|source| Error::LookUpAccount { source })
}

/// Reads something of the catalog, trying again while the failure is transient.
pub(crate) async fn with_pauses<T, F>(read: impl Fn() -> F) -> Result<T, callhouse_lake::Error>
where
    F: Future<Output = Result<T, callhouse_lake::Error>>,
{
    let mut attempt = 1;
    loop {
        match read().await {
            Ok(found) => return Ok(found),
            Err(error) if error.disposition() == Disposition::Transient && attempt < LOOK_UP_ATTEMPTS => {
                tokio::time::sleep(pause_after(attempt)).await;
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let pauses: Vec<u128> = [1, 2, 3, 7, 8, 60].map(|attempt| pause_after(attempt).as_millis()).into();
        assert_eq!(pauses, [50, 100, 200, 3_200, 5_000, 5_000]);
    }
}
