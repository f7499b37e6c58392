//! The engine room from the settings.

use std::time::Duration;

use anyhow::Context;
use callhouse_query::{Engine, Room, RoomOptions};
use tokio::runtime::{Builder, Handle};

use crate::config::Settings;
use crate::spill::SpillFolder;

/// `spill` must outlive the room.
///
/// # Errors
/// When that folder cannot be used or threads cannot be started.
pub(crate) fn open(engine: Engine, settings: &Settings, spill: &SpillFolder) -> anyhow::Result<Room> {
    let sql = &settings.sql;
    let options = RoomOptions {
        time_limit: Duration::from_millis(sql.time_limit_ms),
        idle_limit: Duration::from_millis(sql.idle_limit_ms),
        max_rows: sql.max_rows,
        max_bytes: sql.max_bytes,
        statement_memory_bytes: sql.statement_memory_bytes,
        spill_folder: Some(spill.path().to_owned()),
        spill_limit_bytes: sql.spill_limit_bytes,
        running: sql.running,
        running_of_caller: sql.running_of_account,
        waiting: sql.waiting,
        runtime: runtime(sql.threads)?,
        ..RoomOptions::default()
    };
    Ok(Room::new(engine, options)?)
}

/// Threads of statements alone, if there are any.
fn runtime(threads: usize) -> anyhow::Result<Option<Handle>> {
    if threads == 0 {
        return Ok(None);
    }
    let runtime = Builder::new_multi_thread().worker_threads(threads).thread_name("sql").enable_all().build();
    let runtime = runtime.context("starting threads for statements failed")?;
    let handle = runtime.handle().clone();
    // It lives as long as the process: a runtime may not be dropped by a thread of another.
    std::thread::Builder::new()
        .name("sql-runtime".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .context("starting a thread for statements failed")?;
    Ok(Some(handle))
}
