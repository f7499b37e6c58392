//! Who may run now: so many statements in all, so many of one caller, and a short queue in front.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::RoomOptions;
use super::measures::Counted;
use crate::error::Error;

pub(super) struct Gate {
    all: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Weak<Semaphore>>>,
    waiting: AtomicUsize,
    options: RoomOptions,
}

/// The right to run one statement, given back when dropped.
pub(super) struct Turn {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
    _counted: Counted,
}

impl Turn {
    fn new(own: OwnedSemaphorePermit, all: OwnedSemaphorePermit) -> Self {
        Self { _own: own, _all: all, _counted: Counted::running() }
    }
}

/// One place in the queue.
struct Place<'a> {
    waiting: &'a AtomicUsize,
    _counted: Counted,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(super) fn new(options: &RoomOptions) -> Self {
        Self {
            all: Arc::new(Semaphore::new(options.running.max(1))),
            callers: Mutex::default(),
            waiting: AtomicUsize::new(0),
            options: options.clone(),
        }
    }

    /// Waits for the turn of a caller.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full or the turn does not come in time.
    pub(super) async fn enter(&self, caller: &str) -> Result<Turn, Error> {
        let own = self.of_caller(caller);
        if let (Ok(own), Ok(all)) =
            (Arc::clone(&own).try_acquire_owned(), Arc::clone(&self.all).try_acquire_owned())
        {
            return Ok(Turn::new(own, all));
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place { waiting: &self.waiting, _counted: Counted::waiting() };
        if before >= self.options.waiting {
            return Err(self.busy());
        }
        // The caller's own turn first, so that who runs many statements waits for himself only.
        let turn = async {
            Ok::<_, Error>((own.acquire_owned().await, Arc::clone(&self.all).acquire_owned().await))
        };
        match timeout(self.options.patience, turn).await {
            Ok(Ok((Ok(own), Ok(all)))) => Ok(Turn::new(own, all)),
            _ => Err(self.busy()),
        }
    }

    fn busy(&self) -> Error {
        Error::Busy { running: self.options.running, of_caller: self.options.running_of_caller }
    }

    fn of_caller(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock();
        if let Some(known) = callers.get(caller).and_then(Weak::upgrade) {
            return known;
        }
        callers.retain(|_, semaphore| semaphore.strong_count() > 0);
        let made = Arc::new(Semaphore::new(self.options.running_of_caller.max(1)));
        callers.insert(caller.to_owned(), Arc::downgrade(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn gate(running: usize, running_of_caller: usize, waiting: usize) -> Gate {
        let patience = Duration::from_millis(10);
        Gate::new(&RoomOptions { running, running_of_caller, waiting, patience, ..RoomOptions::default() })
    }

    #[tokio::test]
    async fn a_caller_cannot_take_the_turns_of_others() {
        let gate = gate(3, 2, 8);
        let turns = (gate.enter("a").await.ok().unwrap(), gate.enter("a").await.ok().unwrap());
        assert!(matches!(gate.enter("a").await, Err(Error::Busy { .. })));
        let other = gate.enter("b").await.ok().unwrap();
        assert!(matches!(gate.enter("c").await, Err(Error::Busy { .. })));
        drop(turns.0);
        drop(other);
        gate.enter("c").await.ok().unwrap();
        gate.enter("a").await.ok().unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let long = Duration::from_secs(3_600);
        let gate =
            Gate::new(&RoomOptions { patience: long, running: 1, waiting: 1, ..RoomOptions::default() });
        let turn = gate.enter("a").await.ok().unwrap();
        let mut waits = Box::pin(gate.enter("b"));
        assert!(futures::poll!(waits.as_mut()).is_pending());
        // With this patience it would wait for an hour, if it waited.
        let mut too_many = Box::pin(gate.enter("c"));
        let answer = futures::poll!(too_many.as_mut());
        assert!(matches!(answer, std::task::Poll::Ready(Err(Error::Busy { .. }))));
        drop(turn);
        drop(waits.await.ok().unwrap());
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }
}
