//! Things kept for accounts between two calls: tickets and prepared statements.
//!
//! Each is known by a random handle and to its owner only (TEN-1). There are bounds on their number and bytes, of one
//! owner and of all: when a bound is met, the one that was used longest ago goes. What nobody uses expires.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

/// Bounds of a shelf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Unused for so long, a thing is gone.
    pub(crate) idle: Duration,
    pub(crate) of_owner: usize,
    pub(crate) bytes_of_owner: usize,
    pub(crate) bytes: usize,
}

pub(crate) struct Shelf<T> {
    bounds: Bounds,
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    things: HashMap<Uuid, Thing<T>>,
    bytes: usize,
    swept_at: Instant,
}

struct Thing<T> {
    owner: Arc<str>,
    value: Arc<T>,
    bytes: usize,
    used_at: Instant,
}

impl<T> Shelf<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let kept = Kept { things: HashMap::new(), bytes: 0, swept_at: Instant::now() };
        Self { bounds, kept: Mutex::new(kept) }
    }

    pub(crate) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Keeps a thing of so many bytes and returns its handle.
    pub(crate) fn put(&self, owner: &str, value: T, bytes: usize) -> Bytes {
        let handle = Uuid::new_v4();
        self.insert(handle, owner, value, bytes);
        Bytes::copy_from_slice(handle.as_bytes())
    }

    /// The thing of a handle, if it is the owner's. It counts as used.
    pub(crate) fn get(&self, owner: &str, handle: &[u8]) -> Option<Arc<T>> {
        let handle = Uuid::from_slice(handle).ok()?;
        let mut kept = self.kept.lock();
        let thing = kept.things.get_mut(&handle)?;
        if &*thing.owner != owner || thing.used_at.elapsed() > self.bounds.idle {
            return None;
        }
        thing.used_at = Instant::now();
        Some(Arc::clone(&thing.value))
    }

    /// Puts another thing where one was; false when there was none of this owner.
    pub(crate) fn replace(&self, owner: &str, handle: &[u8], value: T, bytes: usize) -> bool {
        let Ok(known) = Uuid::from_slice(handle) else { return false };
        if self.remove(owner, handle).is_none() {
            return false;
        }
        self.insert(known, owner, value, bytes);
        true
    }

    /// Takes a thing off.
    pub(crate) fn remove(&self, owner: &str, handle: &[u8]) -> Option<Arc<T>> {
        let handle = Uuid::from_slice(handle).ok()?;
        let mut kept = self.kept.lock();
        kept.things.get(&handle).filter(|thing| &*thing.owner == owner)?;
        kept.take(handle)
    }

    fn insert(&self, handle: Uuid, owner: &str, value: T, bytes: usize) {
        let mut kept = self.kept.lock();
        kept.sweep(self.bounds.idle);
        kept.make_room(owner, bytes, &self.bounds);
        kept.bytes += bytes;
        let (owner, value) = (owner.into(), Arc::new(value));
        kept.things.insert(handle, Thing { owner, value, bytes, used_at: Instant::now() });
    }
}

impl<T> Kept<T> {
    fn take(&mut self, handle: Uuid) -> Option<Arc<T>> {
        let thing = self.things.remove(&handle)?;
        self.bytes -= thing.bytes;
        Some(thing.value)
    }

    /// Now and then, throws away what has expired.
    fn sweep(&mut self, idle: Duration) {
        if self.swept_at.elapsed() < idle / 4 {
            return;
        }
        self.swept_at = Instant::now();
        let mut gone = 0;
        self.things.retain(|_, thing| {
            let stays = thing.used_at.elapsed() <= idle;
            gone += if stays { 0 } else { thing.bytes };
            stays
        });
        self.bytes -= gone;
    }

    fn make_room(&mut self, owner: &str, bytes: usize, bounds: &Bounds) {
        loop {
            let own = || self.things.iter().filter(|(_, thing)| &*thing.owner == owner);
            let own_bytes: usize = own().map(|(_, thing)| thing.bytes).sum();
            let oldest = if own().count() >= bounds.of_owner || own_bytes + bytes > bounds.bytes_of_owner {
                own().min_by_key(|(_, thing)| thing.used_at).map(|(handle, _)| *handle)
            } else if self.bytes + bytes > bounds.bytes {
                self.things.iter().min_by_key(|(_, thing)| thing.used_at).map(|(handle, _)| *handle)
            } else {
                None
            };
            match oldest {
                Some(handle) => drop(self.take(handle)),
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds =
        Bounds { idle: Duration::from_secs(60), of_owner: 3, bytes_of_owner: 100, bytes: 150 };

    #[tokio::test(start_paused = true)]
    async fn ten_1_a_handle_is_of_no_use_to_others() {
        let shelf = Shelf::new(BOUNDS);
        let handle = shelf.put("acme", "mine", 1);
        assert_eq!(shelf.get("acme", &handle).as_deref(), Some(&"mine"));
        assert!(shelf.get("beta", &handle).is_none());
        assert!(shelf.remove("beta", &handle).is_none());
        assert!(!shelf.replace("beta", &handle, "theirs", 1));
        assert_eq!(shelf.get("acme", &handle).as_deref(), Some(&"mine"));
        for bad in [&b""[..], b"0123456789abcdef", b"0123456789abcdef0"] {
            assert!(shelf.get("acme", bad).is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_used_expires() {
        let shelf = Shelf::new(BOUNDS);
        let (used, unused) = (shelf.put("acme", 1, 40), shelf.put("acme", 2, 40));
        tokio::time::advance(Duration::from_secs(50)).await;
        assert!(shelf.get("acme", &used).is_some());
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(shelf.get("acme", &used).is_some() && shelf.get("acme", &unused).is_none());
        shelf.put("beta", 3, 40);
        assert_eq!(shelf.kept.lock().bytes, 80);
    }

    #[tokio::test(start_paused = true)]
    async fn an_owner_who_keeps_too_much_loses_his_own_oldest() {
        let shelf = Shelf::new(BOUNDS);
        let other = shelf.put("beta", 0, 10);
        let mut handles = Vec::new();
        for number in 0..4 {
            tokio::time::advance(Duration::from_secs(1)).await;
            handles.push(shelf.put("acme", number, 1));
        }
        assert!(shelf.get("acme", &handles[0]).is_none() && shelf.get("acme", &handles[1]).is_some());
        // Its bytes are bounded, too.
        tokio::time::advance(Duration::from_secs(1)).await;
        let large = shelf.put("acme", 9, 99);
        assert!(shelf.get("acme", &large).is_some() && shelf.get("beta", &other).is_some());
        assert!(handles[2..].iter().filter(|handle| shelf.get("acme", handle).is_some()).count() <= 1);
        // Those of all, whoever they are of.
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(shelf.get("acme", &large).is_some());
        shelf.put("gamma", 1, 60);
        assert!(shelf.get("beta", &other).is_none());
        assert!(shelf.kept.lock().bytes <= BOUNDS.bytes);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thing_is_replaced_under_its_handle() {
        let shelf = Shelf::new(BOUNDS);
        let handle = shelf.put("acme", "old", 60);
        assert!(shelf.replace("acme", &handle, "new", 90));
        assert_eq!(shelf.get("acme", &handle).as_deref(), Some(&"new"));
        assert_eq!(shelf.kept.lock().bytes, 90);
    }
}
