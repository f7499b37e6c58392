//! One partition while this process owns it: batches → units → decoded → rows that are hot and staged.
//!
//! Units are decoded side by side and taken in strictly in order. Between the channel of the log and the staging
//! there are at most one unit being gathered and one per decoder, so memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use callhouse_core::Clock;
use callhouse_lake::Flush;
use callhouse_lake::rows::encode_calls;
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
use crate::gate::Gate;
use crate::load::Behind;
use crate::metrics;
use crate::open_records::{OpenRecords, RowAddress};
use crate::options::Options;
use crate::partitions::Partitions;
use crate::staging::{Staging, Tenure};
use crate::unit::{Discontinuous, Gathering};

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
    open_records: Option<Box<OpenRecords>>,
    next_chunk: u64,
    /// A unit is not decoded earlier than this, unless it is full.
    not_before: Instant,
}

/// A chunk and the earlier rows it repeats.
type Built = (Chunk, Vec<RowAddress>);

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
        let open_records = Some(Box::new(OpenRecords::new(options.open_records)));
        Self {
            tenure,
            shared,
            staging,
            partitions,
            batches,
            stop,
            gathering,
            decoding: FuturesOrdered::new(),
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
            let has_room = self.decoding.len() < shared.options.decoders.max(1);
            let is_full = self.gathering.is_full();
            let due = if is_full { Instant::now() } else { self.not_before };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(decoded) = self.decoding.next(), if !self.decoding.is_empty() => {
                    if self.take_in(decoded?).await?.is_none() {
                        return Ok(Ended::Lost);
                    }
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
        while let Some(decoded) = self.decoding.next().await {
            if self.take_in(decoded?).await?.is_none() {
                return Ok(Ended::Lost);
            }
        }
        Ok(Ended::Finished)
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

    /// Makes a decoded unit hot and stages it; `None` when the tenure has ended.
    async fn take_in(&mut self, mut decoded: Decoded) -> Result<Option<()>, Error> {
        let tally = metrics::DecodedTally::take(&mut decoded);
        let number = self.next_chunk;
        self.next_chunk += 1;
        let (chunk, superseded) = self.build(number, decoded).await?;
        let to = chunk.range.to;
        let Ok(first_waiting) = self.staging.add(&self.tenure, chunk, &superseded) else { return Ok(None) };
        self.partitions.made_hot(&self.tenure.kafka_partition, to);
        metrics::made_hot(&tally, self.shared.clock.now());
        if let Some(open_records) = &mut self.open_records {
            open_records.forget(first_waiting, self.next_chunk);
        }
        Ok(Some(()))
    }

    async fn build(&mut self, number: u64, decoded: Decoded) -> Result<Built, Error> {
        let capacity = self.shared.options.open_records;
        let mut open_records =
            self.open_records.take().unwrap_or_else(|| Box::new(OpenRecords::new(capacity)));
        let gate = self.shared.gate.clone();
        let built = spawn_blocking(move || {
            let built = build_chunk(number, decoded, &mut open_records, &gate);
            (built, open_records)
        });
        let (built, open_records) =
            built.await.map_err(|source| Error::Worker { worker: "folding", source })?;
        self.open_records = Some(open_records);
        built
    }
}

fn build_chunk(
    number: u64,
    decoded: Decoded,
    open_records: &mut OpenRecords,
    gate: &Gate,
) -> Result<Built, Error> {
    let Decoded { range, holes, events, rejections, records, counts, .. } = decoded;
    let folded = open_records.fold(number, records);
    let calls = encode_calls(&folded.rows).map_err(|source| Error::Encode {
        kafka_partition: range.kafka_partition.clone(),
        from: range.from,
        source,
    })?;
    let bytes = [&events, &calls, &rejections].map(|batch| batch.get_array_memory_size()).iter().sum();
    let superseded = vec![false; calls.num_rows()];
    let held = gate.hold(bytes);
    let chunk = Chunk {
        number,
        range,
        holes,
        events,
        calls,
        rejections,
        superseded,
        counts,
        flush: Flush::default(),
        held,
    };
    Ok((chunk, folded.superseded))
}
