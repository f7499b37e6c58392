//! One partition while this process owns it: batches → units → decoded → rows that are hot and staged.
//!
//! Units are decoded side by side and taken in strictly in order; while one is taken in the next ones are gathered and
//! decoded. Between the channel of the log and the staging there are at most one unit being gathered, [`UNITS_AHEAD`]
//! more than decoders, and one being taken in, so memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::Clock;
use callhouse_lake::Flush;
use callhouse_log::LogBatch;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::chunk::Chunk;
use crate::decode::{Decoded, Decoder};
use crate::error::Error;
use crate::families::OpenFamilies;
use crate::gate::Gate;
use crate::load::Behind;
use crate::metrics;
use crate::open_records::RowAddress;
use crate::options::Options;
use crate::partitions::Partitions;
use crate::staging::{Staging, Tenure};
use crate::unit::{Discontinuous, Gathering};

/// Units that may wait for a decoder or to be taken in, so that neither waits for the other.
const UNITS_AHEAD: usize = 1;

/// What all workers of a process share.
pub(crate) struct Shared {
    pub(crate) decoder: Decoder,
    pub(crate) decoding: Semaphore,
    pub(crate) gate: Gate,
    pub(crate) behind: Behind,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
}

/// Why a worker ended without a failure.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The log has no more for this partition, or was told to stop; everything read is staged.
    Finished,
    /// The tenure ended while it worked: nothing more of it can be staged.
    Lost,
    Discontinuous(Discontinuous),
}

pub(crate) struct Worker {
    tenure: Tenure,
    shared: Arc<Shared>,
    staging: Arc<Staging>,
    partitions: Arc<Partitions>,
    batches: mpsc::Receiver<LogBatch>,
    /// Told to read no more, and to stage what was read.
    stop: CancellationToken,
    gathering: Gathering,
    decoding: FuturesOrdered<BoxFuture<'static, Result<Decoded, Error>>>,
    building: Option<BoxFuture<'static, Result<Built, Error>>>,
    /// Not there while a chunk is being built.
    open_records: Option<Box<OpenFamilies>>,
    next_chunk: u64,
    /// A unit is not decoded earlier than this, unless it is full.
    not_before: Instant,
}

/// What became of a decoded unit.
struct Built {
    chunk: Chunk,
    /// The earlier rows it repeats.
    superseded: Vec<RowAddress>,
    tally: metrics::DecodedTally,
    open_records: Box<OpenFamilies>,
}

impl Worker {
    pub(crate) fn new(
        tenure: Tenure,
        next_offset: Option<i64>,
        shared: Arc<Shared>,
        staging: Arc<Staging>,
        partitions: Arc<Partitions>,
        batches: mpsc::Receiver<LogBatch>,
        stop: CancellationToken,
    ) -> Self {
        let options = &shared.options;
        let kafka_partition = tenure.kafka_partition.clone();
        let gathering =
            Gathering::new(kafka_partition, next_offset, options.chunk_messages, options.chunk_bytes);
        let open_records = Some(Box::new(OpenFamilies::new(options.open_records)));
        Self {
            tenure,
            shared,
            staging,
            partitions,
            batches,
            stop,
            gathering,
            decoding: FuturesOrdered::new(),
            building: None,
            open_records,
            next_chunk: 0,
            not_before: Instant::now(),
        }
    }

    /// Works until the partition is taken away, the log ends, or something cannot go on.
    ///
    /// # Errors
    /// What [`Decoder::decode`] and encoding answer, and [`Error::Worker`].
    pub(crate) async fn run(mut self) -> Result<Ended, Error> {
        let ended = self.tenure.ended.clone();
        tokio::select! {
            biased;
            () = ended.cancelled() => Ok(Ended::Lost),
            ended = self.work() => ended,
        }
    }

    async fn work(&mut self) -> Result<Ended, Error> {
        let shared = Arc::clone(&self.shared);
        loop {
            let is_open = shared.gate.is_open();
            let has_room = self.decoding.len() < shared.options.decoders.max(1) + UNITS_AHEAD;
            let is_full = self.gathering.is_full();
            let due = if is_full { Instant::now() } else { self.not_before };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                built = until_built(&mut self.building) => {
                    self.building = None;
                    if self.stage(built?).is_none() {
                        return Ok(Ended::Lost);
                    }
                }
                Some(decoded) = self.decoding.next(), if self.building.is_none() && !self.decoding.is_empty() => {
                    self.build(decoded?);
                }
                () = sleep_until(due), if has_room && !self.gathering.is_empty() => self.decode_gathered(),
                () = shared.gate.opened(), if !is_open => {}
                batch = self.batches.recv(), if is_open && !is_full => match batch {
                    Some(batch) => if let Err(gap) = self.gathering.add(batch) {
                        return Ok(Ended::Discontinuous(gap));
                    },
                    None => break,
                },
            }
        }
        // What the log has handed over counts as read: a log that has ended expects it to be taken in.
        while let Ok(batch) = self.batches.try_recv() {
            if let Err(gap) = self.gathering.add(batch) {
                return Ok(Ended::Discontinuous(gap));
            }
        }
        self.decode_gathered();
        loop {
            if let Some(building) = self.building.take()
                && self.stage(building.await?).is_none()
            {
                return Ok(Ended::Lost);
            }
            let Some(decoded) = self.decoding.next().await else { return Ok(Ended::Finished) };
            self.build(decoded?);
        }
    }

    fn decode_gathered(&mut self) {
        if self.gathering.is_full() {
            self.shared.behind.note(Instant::now());
        }
        let Some(unit) = self.gathering.take() else { return };
        self.not_before = Instant::now() + Duration::from_millis(self.shared.options.chunk_interval_ms);
        let shared = Arc::clone(&self.shared);
        self.decoding.push_back(Box::pin(async move {
            // The semaphore is never closed, so an error cannot come; without a permit it would still be right.
            let _permit = shared.decoding.acquire().await;
            let (runtime, decoding) = (Handle::current(), Arc::clone(&shared));
            let decoded = spawn_blocking(move || decoding.decoder.decode(&runtime, unit)).await;
            decoded.map_err(|source| Error::Worker { worker: "decoding", source })?
        }));
    }

    /// Begins to make a chunk of a decoded unit.
    fn build(&mut self, mut decoded: Decoded) {
        let tally = metrics::DecodedTally::take(&mut decoded);
        let number = self.next_chunk;
        self.next_chunk += 1;
        let capacity = self.shared.options.open_records;
        let mut open_records =
            self.open_records.take().unwrap_or_else(|| Box::new(OpenFamilies::new(capacity)));
        let gate = self.shared.gate.clone();
        let building = spawn_blocking(move || {
            let (chunk, superseded) = build_chunk(number, decoded, &mut open_records, &gate)?;
            Ok(Built { chunk, superseded, tally, open_records })
        });
        self.building = Some(Box::pin(async move {
            building.await.map_err(|source| Error::Worker { worker: "folding", source })?
        }));
    }

    /// Makes a chunk hot and stages it; `None` when the tenure has ended.
    fn stage(&mut self, built: Built) -> Option<()> {
        let Built { chunk, superseded, tally, mut open_records } = built;
        let to = chunk.range.to;
        let first_waiting = self.staging.add(&self.tenure, chunk, &superseded).ok()?;
        self.partitions.made_hot(&self.tenure.kafka_partition, to);
        metrics::made_hot(&tally, self.shared.clock.now());
        open_records.forget(first_waiting, self.next_chunk);
        self.open_records = Some(open_records);
        Some(())
    }
}

/// Returns when what is being built is done; never while nothing is.
async fn until_built(
    building: &mut Option<BoxFuture<'static, Result<Built, Error>>>,
) -> Result<Built, Error> {
    match building {
        Some(building) => building.await,
        None => std::future::pending().await,
    }
}

fn build_chunk(
    number: u64,
    decoded: Decoded,
    open_records: &mut OpenFamilies,
    gate: &Gate,
) -> Result<(Chunk, Vec<RowAddress>), Error> {
    let Decoded { range, holes, mut rows, records, facts, counts, .. } = decoded;
    let (recent, superseded) = open_records.fold(number, records).map_err(|source| Error::Encode {
        kafka_partition: range.kafka_partition.clone(),
        from: range.from,
        source,
    })?;
    rows.extend(recent);
    let bytes = rows.iter().map(|rows| rows.batch.get_array_memory_size()).sum();
    let held = gate.hold(bytes);
    let chunk = Chunk { number, range, holes, rows, facts, counts, flush: Flush::default(), held };
    Ok((chunk, superseded))
}
