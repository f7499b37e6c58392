//! Opening the log the settings name: Kafka when there are brokers, else the embedded one.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use callhouse_lake::Catalog;
use callhouse_log::{Appender, EmbeddedLog, KafkaAppender, KafkaLog, KafkaSettings, Log};

use crate::config::{Kafka, Settings};
use crate::secret::Secret;

/// A log to read from and to append to.
pub(crate) struct Logs {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) appender: Arc<dyn Appender>,
    embedded: Option<Arc<EmbeddedLog>>,
}

impl Logs {
    /// Opens the log.
    ///
    /// # Errors
    /// When the embedded log's file cannot be opened, or a Kafka client property is refused.
    pub(crate) async fn open(settings: &Settings, catalog: &Catalog) -> anyhow::Result<Self> {
        if settings.kafka.brokers.is_empty() {
            return Self::open_embedded(catalog).await;
        }
        let topic = settings.kafka.topics.first().context("kafka.topics is empty")?;
        let appender = KafkaAppender::new(&kafka_settings(&settings.kafka), topic)?;
        Ok(Self { log: Arc::new(kafka_log(&settings.kafka)?), appender: Arc::new(appender), embedded: None })
    }

    async fn open_embedded(catalog: &Catalog) -> anyhow::Result<Self> {
        let path = catalog.folder().log_path();
        let embedded = EmbeddedLog::open(&path, Arc::clone(catalog.clock()))
            .await
            .with_context(|| format!("opening the embedded log {} failed", path.display()))?;
        let embedded = Arc::new(embedded);
        let log = Arc::clone(&embedded) as Arc<dyn Log>;
        let appender = Arc::clone(&embedded) as Arc<dyn Appender>;
        Ok(Self { log, appender, embedded: Some(embedded) })
    }

    /// Writes what waits and closes the log.
    pub(crate) async fn close(&self) {
        if let Some(embedded) = &self.embedded {
            embedded.close().await;
        }
    }
}

/// The topics of the settings, to be read.
///
/// # Errors
/// When a client property is refused.
pub(crate) fn kafka_log(settings: &Kafka) -> anyhow::Result<KafkaLog> {
    Ok(KafkaLog::new(kafka_settings(settings))?)
}

/// An appender to a topic for a program that only appends.
///
/// # Errors
/// When a client property is refused.
pub(crate) fn kafka_appender(
    brokers: &str,
    topic: &str,
    properties: &BTreeMap<String, Secret>,
) -> anyhow::Result<KafkaAppender> {
    let kafka = Kafka { brokers: brokers.to_owned(), properties: properties.clone(), ..Kafka::default() };
    Ok(KafkaAppender::new(&kafka_settings(&kafka), topic)?)
}

fn kafka_settings(settings: &Kafka) -> KafkaSettings {
    let extra = settings.properties.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    KafkaSettings {
        brokers: settings.brokers.clone(),
        topics: settings.topics.clone(),
        group_id: settings.group.clone(),
        extra: extra.collect(),
    }
}
