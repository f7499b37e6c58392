//! Work of statements on the runtime they are given, which may be one of their own: what analysts ask must not keep
//! those waiting who take calls in (`docs/decisions/011-a-runtime-for-statements.md`).

use std::future::Future;

use datafusion::error::DataFusionError;
use tokio::task::JoinSet;

use super::RoomOptions;
use crate::error::Error;

/// What a future comes to, worked out on the runtime of statements. Dropped, it is ended.
pub(super) async fn done<T: Send + 'static>(
    options: &RoomOptions,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let Some(runtime) = &options.runtime else { return work.await };
    let mut task = JoinSet::new();
    task.spawn_on(work, runtime);
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(died)) => {
            let died = DataFusionError::External(Box::new(died));
            Err(Error::Execute { operation: "working on a statement", source: Box::new(died) })
        }
        None => Err(Error::statement("the server is stopping")),
    }
}

/// A task of a statement, ended when dropped.
pub(super) struct Task {
    _task: JoinSet<()>,
}

impl Task {
    pub(super) fn begin(options: &RoomOptions, work: impl Future<Output = ()> + Send + 'static) -> Self {
        let mut task = JoinSet::new();
        match &options.runtime {
            Some(runtime) => task.spawn_on(work, runtime),
            None => task.spawn(work),
        };
        Self { _task: task }
    }
}
