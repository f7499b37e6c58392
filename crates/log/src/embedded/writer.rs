//! The one task of a process that writes to the file: appends in groups, and trims between them, so that the
//! two never wait for each other's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use callhouse_core::Clock;
use sqlx::SqliteConnection;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};

use super::{blob, store};
use crate::{Append, Error};

/// A group is closed when it has so many bytes. While it is written the next one gathers, so groups grow
/// with the load by themselves.
const GROUP_BYTES: usize = 4 * 1024 * 1024;
const GROUP_MESSAGES: usize = 16_384;
/// Groups removed in one go; keeps an append from waiting for a long removal.
const TRIM_GROUPS: u32 = 16;

/// One call of `append`.
pub(super) struct Request {
    pub(super) messages: Vec<Append>,
    /// Its share of the queue, given back when it is answered.
    pub(super) room: OwnedSemaphorePermit,
    pub(super) done: oneshot::Sender<Result<(), Error>>,
}

/// Everything below may go.
#[derive(Debug, Default)]
pub(super) struct TrimTarget {
    offset: AtomicI64,
    raised: Notify,
}

impl TrimTarget {
    pub(super) fn raise(&self, offset: i64) {
        if self.offset.fetch_max(offset, Ordering::SeqCst) < offset {
            self.raised.notify_one();
        }
    }
}

pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    pub(super) trim_connection: SqliteConnection,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) appended: Arc<Notify>,
    pub(super) trim: Arc<TrimTarget>,
}

impl Writer {
    /// Works until the last sender of `queue` is gone and everything sent has been answered.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let trim = Arc::clone(&self.trim);
        let mut trimmed_to = 0;
        loop {
            tokio::select! {
                first = queue.recv() => {
                    let Some(first) = first else { return };
                    let group = gather(first, &mut queue);
                    self.write(group).await;
                }
                () = trim.raised.notified() => {}
            }
            let target = trim.offset.load(Ordering::SeqCst);
            if trimmed_to < target && self.trim_below(target).await {
                trimmed_to = target;
            }
        }
    }

    async fn write(&mut self, requests: Vec<Request>) {
        let outcome = self.append(&requests).await.map_err(Arc::new);
        if outcome.is_ok() {
            self.appended.notify_one();
        }
        for Request { room, done, .. } in requests {
            drop(room);
            let answer = outcome.clone().map_err(Error::Group);
            if done.send(answer).is_err() {
                tracing::debug!("an append was given up by its caller before it was answered");
            }
        }
    }

    async fn append(&mut self, requests: &[Request]) -> Result<(), Error> {
        let mut encoder = blob::Encoder::new();
        let mut message_count = 0;
        for message in requests.iter().flat_map(|request| &request.messages) {
            encoder.push(message).ok_or(Error::TooLarge)?;
            message_count += 1;
        }
        let messages = encoder.finish();
        store::append(&mut self.connection, self.clock.now(), message_count, &messages).await?;
        Ok(())
    }

    /// Removes some of what lies below `offset`; says whether that was all. What fails is tried again when the
    /// target next moves.
    async fn trim_below(&mut self, offset: i64) -> bool {
        match store::trim(&mut self.trim_connection, offset, TRIM_GROUPS).await {
            Ok(removed) if removed < u64::from(TRIM_GROUPS) => true,
            Ok(_) => {
                self.trim.raised.notify_one();
                false
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the embedded log was not trimmed");
                false
            }
        }
    }
}

/// Takes what else is waiting, up to the size of a group.
fn gather(first: Request, queue: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let bytes_of =
        |request: &Request| -> usize { request.messages.iter().map(|message| message.payload.len()).sum() };
    let (mut bytes, mut messages) = (bytes_of(&first), first.messages.len());
    let mut group = vec![first];
    while bytes < GROUP_BYTES && messages < GROUP_MESSAGES {
        let Ok(next) = queue.try_recv() else { break };
        bytes += bytes_of(&next);
        messages += next.messages.len();
        group.push(next);
    }
    group
}
