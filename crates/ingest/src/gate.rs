//! Back pressure: reading waits while too many rows are in memory or too many wait for compaction.
//!
//! When the gate is closed the partition workers take no batches, their channels fill, and the log does the rest:
//! Kafka pauses, the embedded log stops reading, its queue fills and the HTTP door answers 429.

use std::sync::Arc;

use tokio::sync::watch;

#[derive(Debug, Clone, Copy, Default)]
struct Load {
    hot_bytes: usize,
    overlay_rows: i64,
    small_files: usize,
}

/// Open while both loads are below their limits. Cheap to clone; clones share the loads.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    load: Arc<watch::Sender<Load>>,
    max_hot_bytes: usize,
    max_overlay_rows: i64,
}

/// Memory held by rows; given back on drop.
#[derive(Debug)]
pub(crate) struct Held {
    gate: Gate,
    bytes: usize,
}

impl Gate {
    pub(crate) fn new(max_hot_bytes: usize, max_overlay_rows: i64) -> Self {
        Self { load: Arc::new(watch::Sender::new(Load::default())), max_hot_bytes, max_overlay_rows }
    }

    /// Counts bytes as held until the guard is dropped. Never waits: rows already decoded have to go somewhere.
    pub(crate) fn hold(&self, bytes: usize) -> Held {
        self.load.send_modify(|load| load.hot_bytes += bytes);
        Held { gate: self.clone(), bytes }
    }

    /// States how many live rows the recent tables have.
    pub(crate) fn set_overlay_rows(&self, rows: i64) {
        self.load.send_modify(|load| load.overlay_rows = rows);
    }

    /// States how many live files wait to be merged. Reading never waits for these.
    pub(crate) fn set_small_files(&self, files: usize) {
        self.load.send_modify(|load| load.small_files = files);
    }

    pub(crate) fn overlay_rows(&self) -> i64 {
        self.load.borrow().overlay_rows
    }

    pub(crate) fn small_files(&self) -> usize {
        self.load.borrow().small_files
    }

    pub(crate) fn hot_bytes(&self) -> usize {
        self.load.borrow().hot_bytes
    }

    pub(crate) fn is_overlay_full(&self) -> bool {
        self.load.borrow().overlay_rows > self.max_overlay_rows
    }

    /// What reading waits for; `None` while the gate is open.
    pub(crate) fn waiting_for(&self) -> Option<&'static str> {
        self.reason(*self.load.borrow())
    }

    pub(crate) fn is_open(&self) -> bool {
        self.waiting_for().is_none()
    }

    /// Returns when the gate is open.
    pub(crate) async fn opened(&self) {
        let mut loads = self.load.subscribe();
        let open = loads.wait_for(|load| self.reason(*load).is_none()).await;
        debug_assert!(open.is_ok(), "this gate keeps its own sender alive");
    }

    fn reason(&self, load: Load) -> Option<&'static str> {
        if load.hot_bytes >= self.max_hot_bytes {
            Some("commits: hot rows have reached their memory limit")
        } else if load.overlay_rows > self.max_overlay_rows {
            Some("compaction: recent rows have reached their limit")
        } else {
            None
        }
    }
}

impl Held {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.load.send_modify(|load| load.hot_bytes -= self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn gate_closes_at_a_limit_and_opens_when_bytes_are_given_back() {
        let gate = Gate::new(100, 10);
        let held = gate.hold(100);
        assert!(!gate.is_open());
        let (waiting, ()) = tokio::join!(gate.opened(), async { drop(held) });
        assert_eq!(((), true, 0), (waiting, gate.is_open(), gate.hot_bytes()));
    }

    #[test]
    fn gate_closes_while_compaction_is_behind() {
        let gate = Gate::new(100, 10);
        gate.set_overlay_rows(11);
        assert!(gate.waiting_for().is_some_and(|reason| reason.starts_with("compaction")));
        gate.set_overlay_rows(10);
        assert_eq!(gate.waiting_for(), None);
    }
}
