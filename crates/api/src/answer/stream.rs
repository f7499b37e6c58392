//! An answer as a body: each batch is turned into bytes when the client has taken those before.

use std::io;

use arrow::array::RecordBatch;
use axum::body::{Body, Bytes};
use callhouse_query::{Encoder, Format, Rows};
use futures::{StreamExt, stream};

use super::problem;
use crate::status::Problem;

enum Step {
    Batch(RecordBatch),
    More,
    Ended,
}

/// Lets out what is answered so far. hyper drops what it still holds when a body fails, the head included, and a client
/// that gets no head takes the server for dead.
pub(crate) async fn sent_so_far() {
    // hyper sends what it holds whenever a body is not ready.
    tokio::task::yield_now().await;
}

/// The body of an answer whose first batch is known.
pub(super) fn body(format: Format, first: Option<RecordBatch>, rows: Rows) -> Result<Body, Problem> {
    let encoder = Encoder::new(format, rows.schema()).map_err(problem)?;
    let step = first.map_or(Step::More, Step::Batch);
    let bytes = stream::unfold((Some(encoder), rows, step), |(encoder, mut rows, step)| async move {
        let mut encoder = encoder?;
        let next = match step {
            Step::Batch(batch) => Some(Ok(batch)),
            Step::More => rows.next().await,
            Step::Ended => return None,
        };
        match next {
            Some(Ok(batch)) => match encoder.push(&batch) {
                Ok(bytes) => Some((Ok(Bytes::from(bytes)), (Some(encoder), rows, Step::More))),
                Err(error) => Some((Err(io::Error::other(error)), (None, rows, Step::Ended))),
            },
            Some(Err(error)) => {
                let problem = problem(error);
                let last = match encoder.fail(&problem.json()) {
                    Some(bytes) => Ok(Bytes::from(bytes)),
                    // Cut off, so that nobody takes a part for the whole.
                    None => {
                        sent_so_far().await;
                        Err(io::Error::other(problem.detail()))
                    }
                };
                Some((last, (None, rows, Step::Ended)))
            }
            None => {
                let last = encoder.finish().map(Bytes::from).map_err(io::Error::other);
                Some((last, (None, rows, Step::Ended)))
            }
        }
    });
    // Nothing is sent for a batch that a form gathers.
    let bytes = bytes.filter(|bytes| std::future::ready(!matches!(bytes, Ok(bytes) if bytes.is_empty())));
    // Compression asks once more after the end.
    Ok(Body::from_stream(bytes.fuse()))
}
