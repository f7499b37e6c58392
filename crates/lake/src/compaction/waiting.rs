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
    /// When settling last found that the rows of a recent file stay.
    looked_at: HashMap<String, Timestamp>,
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
        self.looked_at.retain(|path, _| live.contains(path.as_str()));
        let since = if self.started { now } else { Timestamp(i64::MIN) };
        for file in recent {
            self.recent.entry(file.path.clone()).or_insert(since);
        }
        self.started = true;
    }

    /// Whether nothing was written to a recent file's records here for `micros`.
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

    /// Lets files wait anew: their rows were looked at now, and stay.
    pub(super) fn stay<'a>(&mut self, paths: impl IntoIterator<Item = &'a String>, now: Timestamp) {
        for path in paths {
            self.recent.insert(path.clone(), now);
            self.looked_at.insert(path.clone(), now);
        }
    }

    /// Whether the rows of a recent file were not looked at within the last `micros`.
    pub(super) fn is_fresh(&self, file: &DataFile, now: Timestamp, micros: i64) -> bool {
        self.looked_at.get(&file.path).is_none_or(|at| now.micros_since(*at) >= micros)
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
