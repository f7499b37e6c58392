//! Where reading of a partition begins, given the owner's word and what the log still holds.

use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;

use crate::{Error, OnHole, StartAt};

/// A checked beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// Where the first batch begins: the owner's position.
    pub(crate) batch_from: i64,
    /// The first offset to read.
    pub(crate) next_offset: i64,
    /// What lies between the two, when retention has taken it.
    pub(crate) hole: Option<OffsetRange>,
}

impl Start {
    /// Checks a start against the offsets `[oldest, end)` of a log.
    ///
    /// | stored           | outcome                                   |
    /// |------------------|-------------------------------------------|
    /// | nothing          | from `oldest`                             |
    /// | < oldest         | [`Error::Hole`], or from `oldest` with the hole told |
    /// | oldest ..= end   | from there                                |
    /// | > end            | [`Error::BeyondEnd`]                      |
    pub(crate) fn resolve(
        kafka_partition: &KafkaPartition,
        start: StartAt,
        on_hole: OnHole,
        oldest: i64,
        end: i64,
    ) -> Result<Self, Error> {
        let StartAt::Offset(stored) = start else {
            return Ok(Self { batch_from: oldest, next_offset: oldest, hole: None });
        };
        let kafka_partition = kafka_partition.clone();
        if stored > end {
            return Err(Error::BeyondEnd { kafka_partition, stored, end });
        }
        if stored >= oldest {
            return Ok(Self { batch_from: stored, next_offset: stored, hole: None });
        }
        match on_hole {
            OnHole::Stop => Err(Error::Hole { kafka_partition, stored, oldest }),
            OnHole::Skip => {
                let hole = Some(OffsetRange { kafka_partition, from: stored, to: oldest });
                Ok(Self { batch_from: stored, next_offset: oldest, hole })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(start: StartAt, on_hole: OnHole) -> Result<Start, Error> {
        Start::resolve(&KafkaPartition::new("t", 0), start, on_hole, 10, 20)
    }

    #[test]
    fn every_line_of_the_table_holds() {
        let plain = |offset| Start { batch_from: offset, next_offset: offset, hole: None };
        for on_hole in [OnHole::Stop, OnHole::Skip] {
            assert!(matches!(resolve(StartAt::Oldest, on_hole), Ok(start) if start == plain(10)));
            for stored in [10, 15, 20] {
                assert!(
                    matches!(resolve(StartAt::Offset(stored), on_hole), Ok(start) if start == plain(stored))
                );
            }
            let beyond = resolve(StartAt::Offset(21), on_hole);
            assert!(matches!(beyond, Err(Error::BeyondEnd { stored: 21, end: 20, .. })), "{beyond:?}");
        }
        let stopped = resolve(StartAt::Offset(9), OnHole::Stop);
        assert!(matches!(stopped, Err(Error::Hole { stored: 9, oldest: 10, .. })), "{stopped:?}");
        let hole = OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: 9, to: 10 };
        let expected = Start { batch_from: 9, next_offset: 10, hole: Some(hole) };
        assert_eq!(resolve(StartAt::Offset(9), OnHole::Skip).ok(), Some(expected));
    }
}
