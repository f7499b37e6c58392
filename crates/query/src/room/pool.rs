//! Memory of one statement, which is also counted over all of them.

use std::fmt;

use datafusion::error::Result;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, TrackConsumersPool,
};
use metrics::gauge;

use super::measures::MEMORY;
use crate::session::REPORTED_CONSUMERS;

/// The pool of a statement. What it holds is part of [`MEMORY`].
#[derive(Debug)]
pub(super) struct StatementPool {
    inner: TrackConsumersPool<FairSpillPool>,
}

impl StatementPool {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { inner: TrackConsumersPool::new(FairSpillPool::new(limit_bytes), REPORTED_CONSUMERS) }
    }
}

impl fmt::Display for StatementPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(out)
    }
}

impl MemoryPool for StatementPool {
    fn name(&self) -> &'static str {
        "statement"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.inner.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.inner.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.inner.grow(reservation, additional);
        gauge!(MEMORY).increment(bytes(additional));
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.inner.shrink(reservation, shrink);
        gauge!(MEMORY).decrement(bytes(shrink));
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.inner.try_grow(reservation, additional)?;
        gauge!(MEMORY).increment(bytes(additional));
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.inner.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.inner.memory_limit()
    }
}

/// Whole up to 2^53, which is more than there is memory.
#[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
fn bytes(count: usize) -> f64 {
    count as f64
}
