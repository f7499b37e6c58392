//! An answer on its way: a task makes its batches and holds them to the limits, whatever its reader does.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::RoomOptions;
use super::apart::Task;
use super::gate::Turn;
use super::measures::Outcome;
use crate::asking::Asking;
use crate::error::Error;

/// Batches made ahead of the reader.
const AHEAD: usize = 1;

/// The batches of a statement. Dropping it cancels the statement.
pub struct Rows {
    schema: SchemaRef,
    made: mpsc::Receiver<RecordBatch>,
    /// Why no more batches come, when that is not because all have come.
    failure: Arc<Mutex<Option<Error>>>,
    _making: Task,
}

impl Rows {
    /// The columns of every batch.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn start(
        stream: SendableRecordBatchStream,
        spent: Duration,
        turn: Turn,
        (outcome, asking): (Outcome, Asking),
        room: &RoomOptions,
    ) -> Self {
        let schema = stream.schema();
        let (sender, made) = mpsc::channel(AHEAD);
        let failure: Arc<Mutex<Option<Error>>> = Arc::default();
        let (told, options) = (Arc::clone(&failure), room.clone());
        let making = async move {
            let left = options.time_limit.saturating_sub(spent);
            match make(stream, left, &sender, &asking, &options).await {
                Ok(Made::All) => outcome.answered(),
                Ok(Made::Enough) => drop(outcome),
                Err(error) => {
                    outcome.failed(&error);
                    *told.lock() = Some(error);
                }
            }
            drop(turn);
        };
        Self { schema, made, failure, _making: Task::begin(room, making) }
    }
}

/// How far an answer was made.
enum Made {
    All,
    /// Nobody wants the rest.
    Enough,
}

async fn make(
    mut stream: SendableRecordBatchStream,
    mut left: Duration,
    sender: &mpsc::Sender<RecordBatch>,
    asking: &Asking,
    options: &RoomOptions,
) -> Result<Made, Error> {
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    loop {
        let begun = Instant::now();
        let asked = asking.ask();
        let next = timeout(left, stream.next()).await;
        drop(asked);
        left = left.saturating_sub(begun.elapsed());
        let batch = match next {
            Err(_) => return Err(Error::TimeLimit { seconds: options.time_limit.as_secs() }),
            Ok(None) => return Ok(Made::All),
            Ok(Some(batch)) => batch.map_err(Error::of_statement)?,
        };
        if batch.num_rows() == 0 {
            continue;
        }
        rows += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        bytes = bytes.saturating_add(size(&batch));
        if rows > options.max_rows {
            return Err(Error::TooLarge { limit: format!("{} rows", options.max_rows) });
        }
        if bytes > options.max_bytes {
            return Err(Error::TooLarge { limit: format!("{} bytes", options.max_bytes) });
        }
        match timeout(options.idle_limit, sender.send(batch)).await {
            Err(_) => return Err(Error::Idle { seconds: options.idle_limit.as_secs() }),
            // The reader is gone.
            Ok(Err(_)) => return Ok(Made::Enough),
            Ok(Ok(())) => {}
        }
    }
}

/// Bytes of the values of a batch; of a slice only its own.
fn size(batch: &RecordBatch) -> u64 {
    let sizes = batch.columns().iter().map(|column| {
        column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
    });
    u64::try_from(sizes.sum::<usize>()).unwrap_or(u64::MAX)
}

impl Stream for Rows {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.made.poll_recv(context).map(|made| match made {
            Some(batch) => Some(Ok(batch)),
            None => self.failure.lock().take().map(Err),
        })
    }
}
