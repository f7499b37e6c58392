//! Where generated messages go: a file of lines, `POST /v1/events`, or a Kafka topic.

mod file;
mod http;
mod kafka;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::{Generator, Message, Report};
use crate::secret::Secret;

/// Messages handed over together.
const BATCH_MESSAGES: usize = 2_000;
/// Batches made ahead of a slow target.
const BATCHES_AHEAD: usize = 4;

/// A target as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    File(PathBuf),
    /// Base address of a callhouse, or the full address of its `/v1/events`.
    Http(String),
    Kafka {
        brokers: String,
        topic: String,
    },
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not kafka://BROKERS/TOPIC")]
pub(crate) struct InvalidTarget(String);

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        if let Some(rest) = text.strip_prefix("kafka://") {
            return match rest.split_once('/') {
                Some((brokers, topic)) if !brokers.is_empty() && !topic.is_empty() => {
                    Ok(Self::Kafka { brokers: brokers.to_owned(), topic: topic.to_owned() })
                }
                _ => Err(InvalidTarget(text.to_owned())),
            };
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Http(text.to_owned()));
        }
        Ok(Self::File(text.into()))
    }
}

/// What a target may need besides its address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// API key for `/v1/events`.
    pub(crate) key: Option<Secret>,
    /// Client properties of the Kafka producer.
    pub(crate) kafka_properties: BTreeMap<String, Secret>,
}

/// One open target.
enum Sink {
    File(file::FileSink),
    Http(http::HttpSink),
    Kafka(kafka::KafkaSink),
}

impl Sink {
    async fn open(target: &Target, access: &Access) -> anyhow::Result<Self> {
        Ok(match target {
            Target::File(path) => Self::File(file::FileSink::create(path)?),
            Target::Http(address) => Self::Http(http::HttpSink::new(address, access.key.clone())?),
            Target::Kafka { brokers, topic } => {
                Self::Kafka(kafka::KafkaSink::connect(brokers, topic, &access.kafka_properties)?)
            }
        })
    }

    async fn write(&mut self, messages: Vec<Message>) -> anyhow::Result<()> {
        match self {
            Self::File(sink) => sink.write(&messages),
            Self::Http(sink) => sink.write(&messages).await,
            Self::Kafka(sink) => sink.write(messages).await,
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::File(sink) => sink.finish(),
            Self::Http(_) | Self::Kafka(_) => Ok(()),
        }
    }
}

/// Makes the whole set and delivers it; returns its control totals. `progress` counts messages.
///
/// # Errors
/// When the target cannot be opened or refuses messages for good.
pub(crate) async fn deliver(
    generator: Generator,
    target: &Target,
    access: &Access,
    progress: &ProgressBar,
) -> anyhow::Result<Report> {
    let mut sink = Sink::open(target, access).await?;
    let (batches, mut ready) = mpsc::channel(BATCHES_AHEAD);
    let making = tokio::task::spawn_blocking(move || make(generator, &batches));
    while let Some(batch) = ready.recv().await {
        let count = batch.len();
        sink.write(batch).await?;
        progress.inc(u64::try_from(count).unwrap_or(u64::MAX));
    }
    sink.finish()?;
    making.await.context("making messages failed")
}

/// Makes messages batch by batch; stops early when nobody takes them any more.
fn make(mut generator: Generator, batches: &mpsc::Sender<Vec<Message>>) -> Report {
    loop {
        let batch: Vec<Message> = generator.by_ref().take(BATCH_MESSAGES).collect();
        if batch.is_empty() || batches.blocking_send(batch).is_err() {
            return generator.report();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_files_addresses_or_topics() {
        assert_eq!("out/calls.jsonl".parse(), Ok(Target::File("out/calls.jsonl".into())));
        assert_eq!("http://[::1]:80".parse(), Ok(Target::Http("http://[::1]:80".to_owned())));
        let kafka = Target::Kafka { brokers: "a:1,b:2".to_owned(), topic: "calls".to_owned() };
        assert_eq!("kafka://a:1,b:2/calls".parse(), Ok(kafka));
        for text in ["kafka://a:1", "kafka:///calls", "kafka://a:1/"] {
            assert_eq!(text.parse::<Target>(), Err(InvalidTarget(text.to_owned())));
        }
    }
}
