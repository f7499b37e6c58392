//! Waiting for a state instead of sleeping.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Returns as soon as `condition` is true.
///
/// # Panics
/// When it is still false after `deadline`; the message names the line that waited.
#[track_caller]
pub fn poll_until<Condition, Looking>(deadline: Duration, condition: Condition) -> impl Future<Output = ()>
where
    Condition: FnMut() -> Looking,
    Looking: Future<Output = bool>,
{
    wait(deadline, condition, Location::caller())
}

async fn wait<Condition, Looking>(
    deadline: Duration,
    mut condition: Condition,
    caller: &'static Location<'static>,
) where
    Condition: FnMut() -> Looking,
    Looking: Future<Output = bool>,
{
    let ends_at = tokio::time::Instant::now() + deadline;
    while !condition().await {
        assert!(tokio::time::Instant::now() < ends_at, "not so after {deadline:?}, waited for at {caller}");
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_when_the_condition_holds() {
        let mut looks = 0;
        poll_until(Duration::from_secs(5), || {
            looks += 1;
            let enough = looks == 3;
            async move { enough }
        })
        .await;
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "poll.rs")]
    async fn names_the_caller_when_it_never_does() {
        poll_until(Duration::from_millis(1), || async { false }).await;
    }
}
