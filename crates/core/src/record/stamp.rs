//! Stamps: when and with what authority a group of a record was stated.

use crate::time::Timestamp;

/// When and with what authority a group was stated. Compares by authority, then instant.
///
/// Packed as `authority << 56 | microseconds`, so that the stored column compares like the stamp. A concluded
/// instant is negative: any stated one beats it, and of two concluded ones the earlier wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(i64);

const INSTANT_BITS: u32 = 56;

impl Stamp {
    /// Authority 0: a signalling event; 1: the better informed of two sources (see `fold`); 2: a correction.
    #[must_use]
    pub const fn new(authority: u8, at: Timestamp) -> Self {
        let instant = at.micros() & ((1 << INSTANT_BITS) - 1);
        Self(((authority as i64) << INSTANT_BITS) | instant)
    }

    /// The stamp of an instant no event states: the call was seen at `at`, so it started then or before.
    #[must_use]
    pub const fn concluded(at: Timestamp) -> Self {
        Self(-(at.micros() & ((1 << INSTANT_BITS) - 1)))
    }

    #[must_use]
    pub const fn is_concluded(self) -> bool {
        self.0 < 0
    }

    #[must_use]
    pub const fn authority(self) -> i64 {
        self.0 >> INSTANT_BITS
    }

    #[must_use]
    pub const fn at(self) -> Timestamp {
        if self.is_concluded() {
            return Timestamp(-self.0);
        }
        Timestamp(self.0 & ((1 << INSTANT_BITS) - 1))
    }

    /// The stored form.
    #[must_use]
    pub const fn packed(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn from_packed(packed: i64) -> Self {
        Self(packed)
    }
}

/// A group with its stamp; ordered by stamp, then content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group<T> {
    pub stamp: Stamp,
    pub content: T,
}
