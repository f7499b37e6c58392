//! The engine room from the settings, and its place on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use callhouse_query::{Engine, Room, RoomOptions};
use tokio::runtime::{Builder, Handle};

use crate::config::Settings;

/// # Errors
/// When the folder for what statements put on disk cannot be made.
pub(crate) fn open(engine: Engine, settings: &Settings) -> anyhow::Result<Room> {
    let folder = spill_folder(&settings.data.join("spill"))?;
    let sql = &settings.sql;
    let options = RoomOptions {
        time_limit: Duration::from_millis(sql.time_limit_ms),
        idle_limit: Duration::from_millis(sql.idle_limit_ms),
        max_rows: sql.max_rows,
        max_bytes: sql.max_bytes,
        statement_memory_bytes: sql.statement_memory_bytes,
        spill_folder: Some(folder),
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

/// A folder of this process. Those of processes that have ended are removed.
fn spill_folder(all: &Path) -> anyhow::Result<PathBuf> {
    let own = all.join(std::process::id().to_string());
    let failed = || format!("making {} failed", own.display());
    if own.try_exists().with_context(failed)? {
        std::fs::remove_dir_all(&own).with_context(failed)?;
    }
    std::fs::create_dir_all(&own).with_context(failed)?;
    for entry in std::fs::read_dir(all).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let running = Path::new("/proc").join(entry.file_name());
        if Path::new("/proc").try_exists()? && !running.try_exists()? {
            // Two processes may start at once; the other one has removed it then.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
    Ok(own)
}
