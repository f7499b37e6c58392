//! How long files have been left alone: since a compactor of this process first saw them. What was there when it
//! started has waited long enough.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use callhouse_core::Timestamp;

use crate::catalog::DataFile;
use crate::file::NewFile;

/// Instants by file. Recent files are known by their path, which a merge can pass on before its output has an id.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    started: bool,
    recent: HashMap<String, Timestamp>,
    /// When late rows of a settled file were first seen.
    late: HashMap<i64, Timestamp>,
    /// When settling last took all that was ripe.
    pub(super) settled_at: Option<Timestamp>,
}

impl Waiting {
    /// Notes which recent files there are now.
    pub(super) fn see(&mut self, recent: &[Arc<DataFile>], now: Timestamp) {
        let live: HashSet<&str> = recent.iter().map(|file| file.path.as_str()).collect();
        self.recent.retain(|path, _| live.contains(path.as_str()));
        let since = if self.started { now } else { Timestamp(i64::MIN) };
        for file in recent {
            self.recent.entry(file.path.clone()).or_insert(since);
        }
        self.started = true;
    }

    /// Whether nothing was written to a recent file's calls here for `micros`.
    pub(super) fn is_ripe(&self, file: &DataFile, now: Timestamp, micros: i64) -> bool {
        self.recent.get(&file.path).is_some_and(|since| now.micros_since(*since) >= micros)
    }

    /// Lets the output of a merge wait since its longest waiting input.
    pub(super) fn pass_on(&mut self, inputs: &[Arc<DataFile>], outputs: &[NewFile]) {
        let since = inputs.iter().filter_map(|file| self.recent.get(&file.path)).min().copied();
        if let Some(since) = since {
            self.recent.extend(outputs.iter().map(|file| (file.path.clone(), since)));
        }
    }

    /// Lets a recent file wait anew: it was looked at in vain.
    pub(super) fn wait_again(&mut self, file: &DataFile, now: Timestamp) {
        self.recent.insert(file.path.clone(), now);
    }

    /// How long late rows of a settled file have waited, in microseconds.
    pub(super) fn late_micros(&mut self, file: &DataFile, now: Timestamp) -> i64 {
        now.micros_since(*self.late.entry(file.data_file_id).or_insert(now))
    }

    /// Forgets settled files that are gone.
    pub(super) fn retain_settled(&mut self, settled: &[Arc<DataFile>]) {
        let live: HashSet<i64> = settled.iter().map(|file| file.data_file_id).collect();
        self.late.retain(|id, _| live.contains(id));
    }
}
