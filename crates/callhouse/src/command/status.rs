//! `callhouse status`: where a data folder stands, from its catalog.

use callhouse_lake::Table;
use clap::Args;

use crate::config::{self, DataFlags, Flags};
use crate::{lake, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {}

pub(crate) async fn run(_: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let catalog = lake::open_existing(&settings).await?;
    let snapshot = catalog.snapshot().await?;
    output::line(format!("data folder  {}", settings.data.display()))?;
    output::line(format!("snapshot     {} of {}", snapshot.id, snapshot.at.to_rfc3339()))?;
    output::line("")?;
    let rows: Vec<Vec<String>> = Table::ALL
        .into_iter()
        .map(|table| {
            let files = snapshot.files.get(&table).map_or(&[][..], Vec::as_slice);
            let records: i64 = files.iter().map(|file| file.record_count).sum();
            let bytes: i64 = files.iter().map(|file| file.file_size_bytes).sum();
            vec![table.name().to_owned(), files.len().to_string(), records.to_string(), bytes.to_string()]
        })
        .collect();
    output::table(&["table", "files", "rows", "bytes"], &rows, 1)?;
    output::line("")?;
    let mut positions: Vec<_> = snapshot.positions.iter().collect();
    positions.sort_by_key(|(kafka_partition, _)| *kafka_partition);
    let rows: Vec<Vec<String>> = positions
        .into_iter()
        .map(|(kafka_partition, next_offset)| vec![kafka_partition.to_string(), next_offset.to_string()])
        .collect();
    output::table(&["log partition", "next offset"], &rows, 1)?;
    Ok(())
}
