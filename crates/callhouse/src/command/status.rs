//! `callhouse status`: where a data folder stands, from its catalog, and how far its log is ahead.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use callhouse_core::KafkaPartition;
use callhouse_lake::{Catalog, Snapshot, Table};
use callhouse_log::{EmbeddedLog, embedded};
use clap::Args;

use crate::config::{self, DataFlags, Flags, KafkaFlags, Settings};
use crate::logs::kafka_log;
use crate::{lake, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    kafka: KafkaFlags,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data).with_kafka(&arguments.kafka))?;
    let catalog = lake::open_existing(&settings).await?;
    let snapshot = catalog.snapshot().await?;
    let root = settings.data.clone();
    let bytes = tokio::task::spawn_blocking(move || folder_bytes(&root)).await??;
    output::line(format!("data folder  {}", settings.data.display()))?;
    output::line(format!("size         {bytes} bytes"))?;
    output::line(format!("snapshot     {} of {}", snapshot.id, snapshot.at.to_rfc3339()))?;
    output::line("")?;
    print_tables(&snapshot)?;
    output::line("")?;
    print_positions(&snapshot, &ends(&settings, &catalog, &snapshot).await?)?;
    Ok(())
}

fn print_tables(snapshot: &Snapshot) -> std::io::Result<()> {
    let rows: Vec<Vec<String>> = Table::ALL
        .into_iter()
        .map(|table| {
            let files = snapshot.files.get(&table).map_or(&[][..], Vec::as_slice);
            let records: i64 = files.iter().map(|file| file.record_count).sum();
            let bytes: i64 = files.iter().map(|file| file.file_size_bytes).sum();
            vec![table.name().to_owned(), files.len().to_string(), records.to_string(), bytes.to_string()]
        })
        .collect();
    output::table(&["table", "files", "rows", "bytes"], &rows, 1)
}

/// `ends` holds where partitions end in their log, for those that still have one.
fn print_positions(snapshot: &Snapshot, ends: &HashMap<KafkaPartition, i64>) -> std::io::Result<()> {
    let mut partitions: Vec<&KafkaPartition> = snapshot.positions.keys().chain(ends.keys()).collect();
    partitions.sort();
    partitions.dedup();
    let rows: Vec<Vec<String>> = partitions
        .into_iter()
        .map(|partition| {
            let next_offset = snapshot.positions.get(partition).copied().unwrap_or(0);
            let lag = ends.get(partition).map(|end| end - next_offset);
            let lag = lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string());
            vec![partition.to_string(), next_offset.to_string(), lag]
        })
        .collect();
    output::table(&["log partition", "next offset", "lag"], &rows, 1)
}

/// Asks the brokers when there are settings for them, and the embedded log when there is one.
async fn ends(
    settings: &Settings,
    catalog: &Catalog,
    snapshot: &Snapshot,
) -> anyhow::Result<HashMap<KafkaPartition, i64>> {
    if !settings.kafka.brokers.is_empty() {
        let mut positions = snapshot.positions.clone();
        positions
            .retain(|partition, _| settings.kafka.topics.iter().any(|topic| **topic == *partition.topic));
        let lags = kafka_log(&settings.kafka)?.lag_behind(positions).await?;
        return Ok(lags.into_iter().map(|lag| (lag.kafka_partition, lag.high_watermark)).collect());
    }
    let path = catalog.folder().log_path();
    if !path.try_exists().with_context(|| format!("looking at {} failed", path.display()))? {
        return Ok(HashMap::new());
    }
    let log = EmbeddedLog::open(&path, Arc::clone(catalog.clock())).await?;
    let end = log.end().await?;
    log.close().await;
    Ok(HashMap::from([(KafkaPartition::new(embedded::TOPIC, 0), end)]))
}

/// Bytes of all files below a folder. Files that go away meanwhile count for nothing.
fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {} failed", folder.display()))? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes += folder_bytes(&entry.path())?,
            Ok(metadata) => bytes += metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}
