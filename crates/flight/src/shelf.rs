//! Things kept for accounts between two calls: tickets and prepared statements.
//!
//! Each is known by a random handle and to its owner only (TEN-1). There are bounds on their number and bytes, of one
//! owner and of all: when a bound is met, the one that was used longest ago goes. What nobody uses expires.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
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
    pub(crate) fn put(&self, now: Instant, owner: &str, value: T, bytes: usize) -> Bytes {
        let handle = Uuid::new_v4();
        self.insert(now, handle, owner, value, bytes);
        Bytes::copy_from_slice(handle.as_bytes())
    }

    /// The thing of a handle, if it is the owner's. It counts as used.
    pub(crate) fn get(&self, now: Instant, owner: &str, handle: &[u8]) -> Option<Arc<T>> {
        let handle = Uuid::from_slice(handle).ok()?;
        let mut kept = self.kept.lock();
        let thing = kept.things.get_mut(&handle)?;
        if &*thing.owner != owner || now.duration_since(thing.used_at) > self.bounds.idle {
            return None;
        }
        thing.used_at = now;
        Some(Arc::clone(&thing.value))
    }

    /// Puts another thing where one was; false when there was none of this owner.
    pub(crate) fn replace(&self, now: Instant, owner: &str, handle: &[u8], value: T, bytes: usize) -> bool {
        let Ok(known) = Uuid::from_slice(handle) else { return false };
        if self.remove(owner, handle).is_none() {
            return false;
        }
        self.insert(now, known, owner, value, bytes);
        true
    }

    /// Takes a thing off.
    pub(crate) fn remove(&self, owner: &str, handle: &[u8]) -> Option<Arc<T>> {
        let handle = Uuid::from_slice(handle).ok()?;
        let mut kept = self.kept.lock();
        kept.things.get(&handle).filter(|thing| &*thing.owner == owner)?;
        kept.take(handle)
    }

    fn insert(&self, now: Instant, handle: Uuid, owner: &str, value: T, bytes: usize) {
        let mut kept = self.kept.lock();
        kept.sweep(now, self.bounds.idle);
        kept.make_room(owner, bytes, &self.bounds);
        kept.bytes += bytes;
        let (owner, value) = (owner.into(), Arc::new(value));
        kept.things.insert(handle, Thing { owner, value, bytes, used_at: now });
    }
}

impl<T> Kept<T> {
    fn take(&mut self, handle: Uuid) -> Option<Arc<T>> {
        let thing = self.things.remove(&handle)?;
        self.bytes -= thing.bytes;
        Some(thing.value)
    }

    /// Now and then, throws away what has expired.
    fn sweep(&mut self, now: Instant, idle: Duration) {
        if now.duration_since(self.swept_at) < idle / 4 {
            return;
        }
        self.swept_at = now;
        let mut gone = 0;
        self.things.retain(|_, thing| {
            let stays = now.duration_since(thing.used_at) <= idle;
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

    #[test]
    fn ten_1_a_handle_is_of_no_use_to_others() {
        let (shelf, now) = (Shelf::new(BOUNDS), Instant::now());
        let handle = shelf.put(now, "acme", "mine", 1);
        assert_eq!(shelf.get(now, "acme", &handle).as_deref(), Some(&"mine"));
        assert!(shelf.get(now, "beta", &handle).is_none());
        assert!(shelf.remove("beta", &handle).is_none());
        assert!(!shelf.replace(now, "beta", &handle, "theirs", 1));
        assert_eq!(shelf.get(now, "acme", &handle).as_deref(), Some(&"mine"));
        for bad in [&b""[..], b"0123456789abcdef", b"0123456789abcdef0"] {
            assert!(shelf.get(now, "acme", bad).is_none());
        }
    }

    #[test]
    fn what_is_not_used_expires() {
        let (shelf, now) = (Shelf::new(BOUNDS), Instant::now());
        let (used, unused) = (shelf.put(now, "acme", 1, 40), shelf.put(now, "acme", 2, 40));
        let later = now + Duration::from_secs(50);
        assert!(shelf.get(later, "acme", &used).is_some());
        let later = later + Duration::from_secs(20);
        assert!(shelf.get(later, "acme", &used).is_some() && shelf.get(later, "acme", &unused).is_none());
        shelf.put(later, "beta", 3, 40);
        assert_eq!(shelf.kept.lock().bytes, 80);
    }

    #[test]
    fn an_owner_who_keeps_too_much_loses_his_own_oldest() {
        let (shelf, begun) = (Shelf::new(BOUNDS), Instant::now());
        let at = |second: u64| begun + Duration::from_secs(second);
        let other = shelf.put(at(0), "beta", 0, 10);
        let handles: Vec<_> = (1..=4).map(|second| shelf.put(at(second), "acme", 0, 1)).collect();
        let has = |second, handle: &Bytes| shelf.get(at(second), "acme", handle).is_some();
        assert!(!has(5, &handles[0]) && has(5, &handles[1]) && has(6, &handles[2]) && has(7, &handles[3]));
        // Its bytes are bounded, too.
        let large = shelf.put(at(8), "acme", 9, 99);
        assert!(has(9, &large) && has(9, &handles[3]) && !has(9, &handles[1]) && !has(9, &handles[2]));
        assert!(shelf.kept.lock().things.values().any(|thing| &*thing.owner == "beta"));
        // Those of all, whoever they are of.
        shelf.put(at(10), "gamma", 1, 50);
        assert!(shelf.get(at(10), "beta", &other).is_none() && has(10, &large));
        assert!(shelf.kept.lock().bytes <= BOUNDS.bytes);
    }

    #[test]
    fn a_thing_is_replaced_under_its_handle() {
        let (shelf, now) = (Shelf::new(BOUNDS), Instant::now());
        let handle = shelf.put(now, "acme", "old", 60);
        assert!(shelf.replace(now, "acme", &handle, "new", 90));
        assert_eq!(shelf.get(now, "acme", &handle).as_deref(), Some(&"new"));
        assert_eq!(shelf.kept.lock().bytes, 90);
    }
}
