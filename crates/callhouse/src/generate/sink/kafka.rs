//! A Kafka topic, by the appender the HTTP API uses.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use callhouse_log::{Append, Appender, Error as LogError, KafkaAppender};

use crate::generate::Message;
use crate::secret::Secret;

pub(super) struct KafkaSink {
    appender: KafkaAppender,
    topic: String,
}

impl KafkaSink {
    pub(super) fn connect(
        brokers: &str,
        topic: &str,
        properties: &BTreeMap<String, Secret>,
    ) -> anyhow::Result<Self> {
        let appender = crate::logs::kafka_appender(brokers, topic, properties)?;
        Ok(Self { appender, topic: topic.to_owned() })
    }

    /// Returns when the batch is acknowledged by all in-sync replicas.
    pub(super) async fn write(&mut self, messages: Vec<Message>) -> anyhow::Result<()> {
        let appends: Vec<Append> = messages
            .into_iter()
            .map(|message| Append { key: message.key, headers: Vec::new(), payload: message.payload.into() })
            .collect();
        loop {
            match self.appender.append(appends.clone()).await {
                Err(LogError::Full) => tokio::time::sleep(Duration::from_millis(100)).await,
                outcome => {
                    return outcome.with_context(|| format!("appending to topic {} failed", self.topic));
                }
            }
        }
    }
}
