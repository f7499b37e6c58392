//! `callhouse ingest`: only log → lake. Several may share one lake and one consumer group; the catalog's fence
//! keeps them from writing the same partition twice (ING-2).

use anyhow::{bail, ensure};
use clap::Args;

use crate::config::{self, DataFlags, Flags, KafkaFlags};
use crate::server::{Intake, stop_signal};
use crate::{logging, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    kafka: KafkaFlags,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data).with_kafka(&arguments.kafka))?;
    ensure!(
        !settings.kafka.brokers.is_empty(),
        "ingest reads Kafka: --kafka BROKERS and --topic TOPIC are needed"
    );
    logging::start(&settings.log)?;
    let mut intake = Intake::start(&settings).await?;
    output::line(format!("taking in {} from {}", settings.kafka.topics.join(", "), settings.kafka.brokers))?;
    let outcome = tokio::select! {
        () = stop_signal() => Ok(()),
        ended = intake.ended() => ended.and_then(|()| bail!("taking events in has ended")),
    };
    tracing::info!("stopping");
    let stopped = intake.stop().await;
    outcome.and(stopped)
}
