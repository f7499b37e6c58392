//! Appending to a Kafka topic.

use async_trait::async_trait;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::client::{Speaking, producer_config};
use super::{KafkaSettings, failed};
use crate::{Append, Appender, Error};

/// Appends to one topic.
pub struct KafkaAppender {
    topic: String,
    producer: FutureProducer<Speaking>,
}

impl KafkaAppender {
    /// Appends to `topic`; of the settings, the topics and the group do not matter. Connects in the background.
    ///
    /// # Errors
    /// [`Error::Kafka`] when librdkafka refuses a property or its value.
    pub fn new(settings: &KafkaSettings, topic: &str) -> Result<Self, Error> {
        let producer =
            producer_config(settings).create_with_context(Speaking).map_err(failed("configuration"))?;
        Ok(Self { topic: topic.to_owned(), producer })
    }
}

#[async_trait]
impl Appender for KafkaAppender {
    async fn append(&self, messages: Vec<Append>) -> Result<(), Error> {
        let mut deliveries = Vec::with_capacity(messages.len());
        for message in &messages {
            let record = FutureRecord::to(&self.topic)
                .key(message.key.as_bytes())
                .payload(message.payload.as_ref())
                .headers(headers(message));
            let delivery = self.producer.send_result(record).map_err(|(error, _record)| refused(error))?;
            deliveries.push(delivery);
        }
        for delivery in deliveries {
            let delivered = delivery.await.map_err(|_producer_gone| Error::Closed)?;
            delivered.map_err(|(error, _message)| refused(error))?;
        }
        Ok(())
    }
}

fn headers(message: &Append) -> OwnedHeaders {
    let empty = OwnedHeaders::new_with_capacity(message.headers.len());
    let add = |headers: OwnedHeaders, (key, value): &crate::message::Header| {
        headers.insert(Header { key, value: Some(value.as_ref()) })
    };
    message.headers.iter().fold(empty, add)
}

fn refused(error: KafkaError) -> Error {
    match error {
        KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => Error::Full,
        error => failed("append")(error),
    }
}
