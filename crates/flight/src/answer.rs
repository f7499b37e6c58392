//! Answers on their way: batches of the room as messages of gRPC.
//!
//! A client that stops reading is not waited for longer than the room's idle limit: then a task of the answer, not its
//! reader, throws away what was made for it, so that it costs no more than what gRPC has in its own hands. Dropping an
//! answer, as a client that goes away or cancels does, ends the statement.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_flight::FlightData;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use callhouse_query::{Caller, Room, Rows};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

use crate::error;
use crate::statement::Asked;
use crate::wire;

/// Messages, or why there are no more.
pub(crate) type Messages = BoxStream<'static, Result<FlightData, Status>>;

/// Starts a statement; `stop` ends its answer.
///
/// # Errors
/// What the room says before there are rows.
pub(crate) async fn start(
    room: &Room,
    caller: Caller,
    asked: Arc<Asked>,
    stop: CancellationToken,
) -> Result<Messages, Status> {
    let begun = Instant::now();
    let mut runs = asked.runs.iter().cloned().collect::<Vec<_>>().into_iter();
    let first = runs.next().unwrap_or_default();
    let first = tokio::select! {
        rows = room.run(&caller, &asked.sql, &first) => rows.map_err(error::of_query)?,
        () = asked.canceled.cancelled() => return Err(canceled()),
    };
    let further = {
        let (room, asked) = (room.clone(), Arc::clone(&asked));
        stream::iter(runs).then(move |values| {
            let (room, caller, asked) = (room.clone(), caller.clone(), Arc::clone(&asked));
            async move { room.run(&caller, &asked.sql, &values).await.map_err(error::of_query) }
        })
    };
    let schema = Arc::clone(&asked.schema);
    let batches = stream::once(async { Ok(first) })
        .chain(further)
        .map_ok(move |rows| plain(rows, Arc::clone(&schema)))
        .try_flatten();
    let batches = Timed { batches: batches.boxed(), begun: Some(begun) };
    let messages = messages(&asked.schema, batches.boxed());
    let idle = room.options().idle_limit;
    Ok(Watched::new(messages, idle, asked.canceled.clone(), stop).boxed())
}

/// The one batch of an answer that is at hand.
pub(crate) fn at_hand(batch: RecordBatch) -> Messages {
    messages(&batch.schema(), stream::once(async { Ok(batch) }).boxed())
}

fn plain(rows: Rows, schema: SchemaRef) -> BoxStream<'static, Result<RecordBatch, Status>> {
    rows.map(move |batch| {
        let batch = batch.map_err(error::of_query)?;
        wire::batch(&schema, &batch).map_err(|error| error::fault(&error))
    })
    .boxed()
}

fn messages(schema: &SchemaRef, batches: BoxStream<'static, Result<RecordBatch, Status>>) -> Messages {
    FlightDataEncoderBuilder::new()
        .with_schema(Arc::clone(schema))
        .build(batches.map_err(FlightError::from))
        .map_err(Status::from)
        .boxed()
}

fn canceled() -> Status {
    Status::cancelled("the statement was cancelled")
}

/// Batches, with the time until the first of them in metrics.
struct Timed {
    batches: BoxStream<'static, Result<RecordBatch, Status>>,
    begun: Option<Instant>,
}

impl Stream for Timed {
    type Item = Result<RecordBatch, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.batches.poll_next_unpin(context);
        if polled.is_ready()
            && let Some(begun) = self.begun.take()
        {
            let seconds = begun.elapsed().as_secs_f64();
            metrics::histogram!("callhouse_query_seconds", "method" => "flight_sql").record(seconds);
        }
        polled
    }
}

/// Messages that a task throws away when nobody reads them.
struct Watched {
    slot: Arc<Mutex<Slot>>,
    _watch: AbortOnDropHandle<()>,
}

struct Slot {
    messages: Option<Messages>,
    /// Since when the reader has not come for the next message; `None` while one is being made.
    waiting_since: Option<Instant>,
    /// Why there are no more messages.
    ended: Option<Status>,
    reader: Option<Waker>,
}

impl Watched {
    fn new(messages: Messages, idle: Duration, canceled: CancellationToken, stop: CancellationToken) -> Self {
        let slot =
            Slot { messages: Some(messages), waiting_since: Some(Instant::now()), ended: None, reader: None };
        let slot = Arc::new(Mutex::new(slot));
        let watched = Arc::clone(&slot);
        let watch = tokio::spawn(async move {
            let why = tokio::select! {
                () = idle_for(&watched, idle) => {
                    Status::deadline_exceeded(format!("nobody read on for {} s, so the answer was ended", idle.as_secs()))
                }
                () = canceled.cancelled() => self::canceled(),
                () = stop.cancelled() => Status::unavailable("callhouse is stopping"),
            };
            let (messages, reader) = {
                let mut slot = watched.lock();
                slot.ended = Some(why);
                (slot.messages.take(), slot.reader.take())
            };
            drop(messages);
            if let Some(reader) = reader {
                reader.wake();
            }
        });
        Self { slot, _watch: AbortOnDropHandle::new(watch) }
    }
}

/// Returns when the reader has not come for so long.
async fn idle_for(slot: &Mutex<Slot>, idle: Duration) {
    loop {
        let since = slot.lock().waiting_since;
        match since {
            Some(since) if since.elapsed() >= idle => return,
            Some(since) => tokio::time::sleep_until(since + idle).await,
            None => tokio::time::sleep(idle).await,
        }
    }
}

impl Stream for Watched {
    type Item = Result<FlightData, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut slot = self.slot.lock();
        let Some(messages) = &mut slot.messages else {
            return Poll::Ready(slot.ended.take().map(Err));
        };
        let polled = messages.poll_next_unpin(context);
        match &polled {
            Poll::Pending => {
                slot.waiting_since = None;
                slot.reader = Some(context.waker().clone());
            }
            Poll::Ready(Some(Ok(_))) => slot.waiting_since = Some(Instant::now()),
            // It is at its end.
            Poll::Ready(Some(Err(_)) | None) => slot.messages = None,
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const IDLE: Duration = Duration::from_millis(30);
    const DEADLINE: Duration = Duration::from_secs(60);

    /// Tells when it is dropped.
    struct Held(CancellationToken);

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }

    fn watched(canceled: &CancellationToken, stop: &CancellationToken) -> (Watched, CancellationToken) {
        let dropped = CancellationToken::new();
        let held = Held(dropped.clone());
        let messages = stream::repeat_with(move || {
            let _held = &held;
            Ok(FlightData::default())
        });
        (Watched::new(messages.boxed(), IDLE, canceled.clone(), stop.clone()), dropped)
    }

    #[tokio::test]
    async fn what_nobody_reads_is_thrown_away_by_the_task() {
        let none = CancellationToken::new();
        let (mut answer, dropped) = watched(&none, &none);
        assert!(answer.next().await.unwrap().is_ok());
        // The answer is not polled, and still is emptied.
        tokio::time::timeout(DEADLINE, dropped.cancelled()).await.unwrap();
        let told = answer.next().await.unwrap().unwrap_err();
        assert_eq!(told.code(), tonic::Code::DeadlineExceeded);
        assert!(answer.next().await.is_none());
    }

    #[tokio::test]
    async fn a_slow_statement_is_not_its_readers_fault() {
        let none = CancellationToken::new();
        let slow = stream::once(async {
            tokio::time::sleep(IDLE * 3).await;
            Ok(FlightData::default())
        });
        let mut answer = Watched::new(slow.boxed(), IDLE, none.clone(), none);
        assert!(answer.next().await.unwrap().is_ok());
        assert!(answer.next().await.is_none());
    }

    #[tokio::test]
    async fn a_cancel_and_a_stop_wake_the_reader() {
        let (canceled, stop, none) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        for (token, code) in [(&canceled, tonic::Code::Cancelled), (&stop, tonic::Code::Unavailable)] {
            let (canceled, stop) =
                if code == tonic::Code::Cancelled { (token, &none) } else { (&none, token) };
            let mut answer = Watched::new(stream::pending().boxed(), IDLE, canceled.clone(), stop.clone());
            assert!(answer.next().now_or_never().is_none());
            token.cancel();
            assert_eq!(answer.next().await.unwrap().unwrap_err().code(), code);
        }
    }
}
