//! Pages of files that the system has in memory, read on the thread that asks.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use callhouse_lake::DataFolder;
use callhouse_lake::file::near::read_near;
use object_store::path::Path as Location;

/// More than this is read by a blocking task: copying it would keep others waiting.
const MOST_BYTES: u64 = 4 << 20;

/// The files of a lake.
#[derive(Debug, Clone)]
pub(super) struct NearFiles {
    lake: Arc<Path>,
}

impl NearFiles {
    pub(super) fn new(folder: &DataFolder) -> Self {
        Self { lake: folder.lake_path().into() }
    }

    /// The bytes of ranges, if none of them has to be waited for.
    pub(super) fn read(&self, location: &Location, ranges: &[Range<u64>]) -> Option<Vec<Bytes>> {
        let total = ranges.iter().map(|range| range.end - range.start).fold(0, u64::saturating_add);
        if total > MOST_BYTES {
            return None;
        }
        let file = File::open(self.lake.join(location.as_ref())).ok()?;
        let read = |range: &Range<u64>| {
            let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
            let near = read_near(&file, range.start, &mut bytes).ok()?;
            near.then(|| Bytes::from(bytes))
        };
        ranges.iter().map(read).collect()
    }
}
