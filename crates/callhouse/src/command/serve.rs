//! `callhouse serve`: everything in one process: HTTP API, PostgreSQL wire, Arrow Flight SQL, log, ingest, upkeep.

use clap::Args;

use crate::config::{self, DataFlags, Flags, KafkaFlags, ListenFlag};
use crate::server::Server;
use crate::{logging, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listen: ListenFlag,
    #[command(flatten)]
    kafka: KafkaFlags,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let flags = Flags::new(data).with_listen(&arguments.listen).with_kafka(&arguments.kafka);
    let settings = config::load(&flags)?;
    logging::start(&settings.log)?;
    let server = Server::start(&settings).await?;
    // The first line of stdout, which whoever chose port 0 waits for.
    output::line(format!("listening on http://{}", server.address()))?;
    for url in server.doors().urls() {
        output::line(format!("listening on {url}"))?;
    }
    tracing::info!(address = %server.address(), data = %settings.data.display(), "serving");
    server.run().await
}
