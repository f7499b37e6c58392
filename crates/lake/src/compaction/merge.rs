//! Merging: files of one table and month and of about one size become one, rows unchanged.

use std::collections::BTreeMap;
use std::sync::Arc;

use callhouse_core::crash;

use super::{Change, Eagerness, ROW_BYTES, Shared, live, output};
use crate::catalog::{DataFile, Snapshot};
use crate::error::Error;
use crate::folder::DataFolder;
use crate::read::{FileReader, Wanted};
use crate::sorted::{Input, SortedMerge};
use crate::table::{Role, Table};

/// Everything up to this size is of the first tier.
pub(super) const SMALLEST_TIER_BYTES: i64 = 256 << 10;

/// Merges one group of files of the snapshot; `None` when none is due. Blocking.
pub(super) fn merge(
    shared: &Shared,
    folder: &DataFolder,
    snapshot: &Snapshot,
    eagerness: Eagerness,
) -> Result<Option<Change>, Error> {
    let Some((table, month, inputs)) = choose(shared, snapshot, eagerness) else { return Ok(None) };
    let mut sorted: Vec<Input> = Vec::with_capacity(inputs.len());
    for file in &inputs {
        sorted.push(Box::new(FileReader::open(folder, file)?.rows(Wanted::All)?));
    }
    let merged = SortedMerge::new(table, sorted)?;
    let add = output::write(shared, table, month, shared.options.target_file_bytes, merged)?;
    if let Role::Recent(family) = table.role() {
        shared.waiting[family.index()].lock().pass_on(&inputs, &add);
    }
    crash::point("compaction.merge.after_write");
    Ok(Some(Change { remove: inputs, add, ..Change::default() }))
}

type Group = (Table, Option<i32>, Vec<Arc<DataFile>>);

fn choose(shared: &Shared, snapshot: &Snapshot, eagerness: Eagerness) -> Option<Group> {
    let fan_in = shared.options.fan_in.max(2);
    let factor = i64::try_from(fan_in).unwrap_or(i64::MAX);
    let target_bytes = i64::try_from(shared.options.target_file_bytes).unwrap_or(i64::MAX);
    let row_limit = i64::try_from(shared.options.memory_bytes / ROW_BYTES).unwrap_or(i64::MAX);
    for table in Table::ALL {
        let mut groups: BTreeMap<(Option<i32>, u32), Vec<Arc<DataFile>>> = BTreeMap::new();
        for file in live(snapshot, table) {
            // A file of half the target is left alone: merging it would rewrite much to gain one file. A recent one
            // must not outgrow what settling may hold in memory.
            let is_recent = matches!(table.role(), Role::Recent(_));
            let outgrows = is_recent && file.record_count.saturating_mul(factor) > row_limit;
            if file.file_size_bytes >= target_bytes / 2 || outgrows {
                continue;
            }
            let tier = match eagerness {
                Eagerness::Due | Eagerness::Pressed => tier(file.file_size_bytes, fan_in),
                Eagerness::Everything => 0,
            };
            groups.entry((file.month, tier)).or_default().push(Arc::clone(file));
        }
        let enough = match eagerness {
            Eagerness::Due | Eagerness::Pressed => fan_in,
            Eagerness::Everything => 2,
        };
        let due = groups.into_iter().find(|(_, files)| files.len() >= enough);
        if let Some(((month, _), mut files)) = due {
            // The small ones first, so that a large one is not written once for every few of them.
            files.sort_by_key(|file| file.file_size_bytes);
            files.truncate(fan_in);
            return Some((table, month, files));
        }
    }
    None
}

/// The tier of a size: 0 up to [`SMALLEST_TIER_BYTES`], then one more for each factor of `fan_in`.
fn tier(size_bytes: i64, fan_in: usize) -> u32 {
    let factor = i64::try_from(fan_in).unwrap_or(i64::MAX);
    let mut limit = SMALLEST_TIER_BYTES;
    let mut tier = 0;
    while size_bytes > limit {
        limit = limit.saturating_mul(factor);
        tier += 1;
    }
    tier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_fan_in_times_the_one_before() {
        let smallest = SMALLEST_TIER_BYTES;
        let sizes = [1, smallest, smallest + 1, smallest * 8, smallest * 8 + 1, smallest * 64];
        assert_eq!(sizes.map(|size| tier(size, 8)), [0, 0, 1, 1, 2, 2]);
    }
}
