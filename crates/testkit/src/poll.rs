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
    wait(deadline, condition, |so| if so { Ok(()) } else { Err(String::new()) }, Location::caller())
}

/// Returns as soon as `look` finds what is wanted; until then it answers what it sees in its place.
///
/// # Panics
/// When it still has not after `deadline`; the message names the line that waited, and what was seen last.
#[track_caller]
pub fn poll_for<Look, Looking>(deadline: Duration, look: Look) -> impl Future<Output = ()>
where
    Look: FnMut() -> Looking,
    Looking: Future<Output = Result<(), String>>,
{
    wait(deadline, look, |seen| seen, Location::caller())
}

async fn wait<Look, Looking>(
    deadline: Duration,
    mut look: Look,
    judge: impl Fn(Looking::Output) -> Result<(), String>,
    caller: &'static Location<'static>,
) where
    Look: FnMut() -> Looking,
    Looking: Future,
{
    let ends_at = tokio::time::Instant::now() + deadline;
    while let Err(seen) = judge(look().await) {
        let ended = tokio::time::Instant::now() >= ends_at;
        assert!(!ended, "not so after {deadline:?}, waited for at {caller}\n{seen}");
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

    #[tokio::test]
    #[should_panic(expected = "two of three")]
    async fn tells_what_was_seen_in_the_place_of_what_was_wanted() {
        poll_for(Duration::from_millis(1), || async { Err("two of three".to_owned()) }).await;
    }
}
