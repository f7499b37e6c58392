//! Where each partition stands, for status, health and metrics. Decides nothing.

use std::collections::BTreeMap;

use callhouse_core::KafkaPartition;
use callhouse_core::position::OffsetRange;
use callhouse_log::PartitionLag;
use parking_lot::Mutex;

use crate::metrics;
use crate::status::PartitionStatus;

#[derive(Debug, Default)]
pub(crate) struct Partitions {
    known: Mutex<BTreeMap<KafkaPartition, PartitionStatus>>,
}

impl Partitions {
    /// This process owns the partition from now on.
    pub(crate) fn assigned(&self, kafka_partition: &KafkaPartition, stored: Option<i64>) {
        let mut known = self.known.lock();
        known.insert(
            kafka_partition.clone(),
            PartitionStatus {
                kafka_partition: kafka_partition.clone(),
                committed_offset: stored,
                hot_offset: stored,
                lag: None,
                stopped: None,
            },
        );
        metrics::stopped_partitions(stopped(&known));
    }

    pub(crate) fn revoked(&self, kafka_partition: &KafkaPartition) {
        let mut known = self.known.lock();
        known.remove(kafka_partition);
        metrics::stopped_partitions(stopped(&known));
    }

    /// The partition is owned and not read any more. The first reason stays until it is assigned again.
    pub(crate) fn stop(&self, kafka_partition: &KafkaPartition, reason: String) {
        let mut known = self.known.lock();
        let status = known.entry(kafka_partition.clone()).or_insert_with(|| PartitionStatus {
            kafka_partition: kafka_partition.clone(),
            committed_offset: None,
            hot_offset: None,
            lag: None,
            stopped: None,
        });
        status.stopped.get_or_insert(reason);
        metrics::stopped_partitions(stopped(&known));
    }

    pub(crate) fn made_hot(&self, kafka_partition: &KafkaPartition, to: i64) {
        if let Some(status) = self.known.lock().get_mut(kafka_partition) {
            status.hot_offset = Some(to);
        }
    }

    pub(crate) fn committed(&self, range: &OffsetRange) {
        if let Some(status) = self.known.lock().get_mut(&range.kafka_partition) {
            status.committed_offset = Some(range.to);
        }
    }

    pub(crate) fn set_lag(&self, lags: &[PartitionLag]) {
        let mut known = self.known.lock();
        for lag in lags {
            let Some(status) = known.get_mut(&lag.kafka_partition) else { continue };
            let next_offset = status.committed_offset.unwrap_or(lag.next_offset);
            let messages = lag.high_watermark.saturating_sub(next_offset).max(0);
            status.lag = Some(messages);
            metrics::lag(&lag.kafka_partition, messages);
        }
    }

    pub(crate) fn list(&self) -> Vec<PartitionStatus> {
        self.known.lock().values().cloned().collect()
    }
}

fn stopped(known: &BTreeMap<KafkaPartition, PartitionStatus>) -> usize {
    known.values().filter(|status| status.stopped.is_some()).count()
}
