//! A Kafka topic, by the appender the HTTP API uses.

use std::collections::BTreeMap;

use anyhow::bail;

use crate::generate::Message;
use crate::secret::Secret;

pub(super) struct KafkaSink;

impl KafkaSink {
    pub(super) fn connect(_: &str, _: &str, _: &BTreeMap<String, Secret>) -> anyhow::Result<Self> {
        bail!("no kafka yet")
    }

    pub(super) async fn write(&mut self, _: Vec<Message>) -> anyhow::Result<()> {
        bail!("no kafka yet")
    }
}
