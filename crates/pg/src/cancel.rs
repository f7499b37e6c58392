//! Cancel requests: they come on a connection of their own and name another by number and secret.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The connections that can be cancelled. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    known: Arc<Mutex<HashMap<i32, Known>>>,
}

/// What a request to cancel a connection must know, and whom it wakes.
#[derive(Debug)]
struct Known {
    secret: i32,
    canceled: Arc<Notify>,
}

/// One connection's entry; gone when dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) pid: i32,
    pub(crate) secret: i32,
    canceled: Arc<Notify>,
    registry: Registry,
}

impl Registry {
    pub(crate) fn enter(&self) -> Entry {
        let (secret, canceled) = (rand::random(), Arc::<Notify>::default());
        let mut known = self.known.lock();
        let free = |pid: &i32| *pid > 0 && !known.contains_key(pid);
        let pid =
            std::iter::repeat_with(rand::random::<i32>).map(|pid| pid & i32::MAX).find(free).unwrap_or(1);
        known.insert(pid, Known { secret, canceled: Arc::clone(&canceled) });
        drop(known);
        Entry { pid, secret, canceled, registry: self.clone() }
    }

    /// Cancels what a connection is doing; says nothing of whether there is one.
    pub(crate) fn cancel(&self, pid: i32, secret: i32) {
        let known = self.known.lock();
        if let Some(Known { secret: wanted, canceled }) = known.get(&pid)
            && *wanted == secret
        {
            canceled.notify_one();
        }
    }
}

impl Entry {
    /// Returns when a request came, also one from before.
    pub(crate) async fn canceled(&self) {
        self.canceled.notified().await;
    }

    /// Forgets a request that came too late for what it was meant for.
    pub(crate) fn forget(&self) {
        let mut notified = std::pin::pin!(self.canceled.notified());
        // Takes a stored permit, if there is one.
        let _ = notified.as_mut().enable();
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.known.lock().remove(&self.pid);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn only_who_knows_the_secret_cancels_and_a_late_request_is_forgotten() {
        let registry = Registry::default();
        let entry = registry.enter();
        registry.cancel(entry.pid, entry.secret.wrapping_add(1));
        assert!(entry.canceled().now_or_never().is_none());
        registry.cancel(entry.pid, entry.secret);
        assert!(entry.canceled().now_or_never().is_some());
        registry.cancel(entry.pid, entry.secret);
        entry.forget();
        assert!(entry.canceled().now_or_never().is_none());
        drop(entry);
        assert!(registry.known.lock().is_empty());
    }
}
