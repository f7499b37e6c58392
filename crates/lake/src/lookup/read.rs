//! Asks the lookup indexes of files.

use std::ops::Range;

use super::{
    BLOCK_ROWS, Lookup, LookupSpec, NAME, Probe, block_count, checksum, damaged, index, rows_of_blocks,
    section,
};
use crate::catalog::DataFile;
use crate::error::Error;
use crate::file::attachment::{Attachment, Place};
use crate::folder::DataFolder;
use crate::kept::Kept;

/// Answers look-ups, keeping the directories of indexes in memory: about 0.03 bytes a record.
#[derive(Debug)]
pub struct Lookups {
    folder: DataFolder,
    kept: Kept<i64, Option<Directory>>,
}

impl Lookups {
    /// Look-ups whose directories take at most `capacity_bytes`.
    #[must_use]
    pub fn new(folder: DataFolder, capacity_bytes: usize) -> Self {
        Self { folder, kept: Kept::new(capacity_bytes) }
    }

    /// Where the files are.
    #[must_use]
    pub const fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// The rows of a file that may meet all `conditions`, each of them met by any of its values: ascending ranges
    /// that do not touch. Stops at the first condition that leaves no more than `few` rows. `None` when the file has no
    /// index. The values are made by the spec of the file's table. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parquet`]; [`Error::Invalid`] when the index is damaged, or has no section of a column
    /// asked for.
    pub fn rows(
        &self,
        file: &DataFile,
        conditions: &[Vec<Lookup>],
        few: usize,
    ) -> Result<Option<Vec<Range<usize>>>, Error> {
        let read = || Directory::read(&self.folder, file);
        let kept = self.kept.get_or_make(&file.data_file_id, read, |directory| {
            size_of::<Self>() + directory.as_ref().map_or(0, Directory::size_bytes)
        })?;
        let Some(directory) = &*kept else { return Ok(None) };
        let attachment = Attachment::at(&self.folder, file, directory.place)?;
        directory.rows(file, conditions, few, |start, length| attachment.read(start, length).map(Some))
    }

    /// The same without waiting for a disk: `None` when something of it is not in memory.
    ///
    /// # Errors
    /// As [`Lookups::rows`].
    pub fn rows_near(
        &self,
        file: &DataFile,
        conditions: &[Vec<Lookup>],
        few: usize,
    ) -> Result<Option<Option<Vec<Range<usize>>>>, Error> {
        let Some(kept) = self.kept.get(&file.data_file_id) else { return Ok(None) };
        let Some(directory) = &*kept else { return Ok(Some(None)) };
        let attachment = Attachment::at(&self.folder, file, directory.place)?;
        let rows =
            directory.rows(file, conditions, few, |start, length| attachment.read_near(start, length))?;
        Ok(rows.map(Some))
    }
}

/// What precedes the buckets of an index, and where it is.
#[derive(Debug)]
struct Directory {
    place: Place,
    spec: &'static LookupSpec,
    row_count: u32,
    block_count: u32,
    /// Of each section of the spec the number of its first bucket, and how many it has.
    sections: Vec<(u32, u32)>,
    buckets: Vec<Bucket>,
    /// Where in the attachment the buckets begin.
    buckets_start: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    end: u32,
    checksum: u32,
}

const CHECKSUM_BYTES: usize = 8;
const BUCKET_BYTES: usize = 8;

impl Directory {
    fn read(folder: &DataFolder, file: &DataFile) -> Result<Option<Self>, Error> {
        let Some(spec) = file.table.lookup() else { return Ok(None) };
        let Some(attachment) = Attachment::open(folder, file, NAME)? else { return Ok(None) };
        // Rows of the file and buckets of each section.
        let counts_bytes = 4 + 4 * spec.sections.len();
        let counts = numbers(&attachment.read(0, counts_bytes)?);
        let [row_count, counts @ ..] = &counts[..] else { return Err(damaged(file, "is cut off")) };
        let bucket_count: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let most = attachment.length() / u64::try_from(BUCKET_BYTES).unwrap_or(u64::MAX);
        let Some(bucket_count) = usize::try_from(bucket_count).ok().filter(|_| bucket_count <= most) else {
            return Err(damaged(file, "has more buckets than bytes"));
        };
        let head_bytes = counts_bytes + bucket_count * BUCKET_BYTES;
        let bytes = attachment.read(0, head_bytes + CHECKSUM_BYTES)?;
        let (head, stated) = bytes.split_at(head_bytes);
        if twox_hash::XxHash64::oneshot(0, head).to_le_bytes() != stated {
            return Err(damaged(file, "has a directory that is not what was written"));
        }
        if i64::from(*row_count) != file.record_count {
            return Err(damaged(file, "is of another number of rows"));
        }
        let mut sections = Vec::with_capacity(counts.len());
        let mut first = 0;
        for count in counts {
            sections.push((first, *count));
            first += count;
        }
        let of_buckets = numbers(&head[counts_bytes..]);
        let bucket = |pair: &[u32]| Bucket { end: pair[0], checksum: pair[1] };
        Ok(Some(Self {
            place: attachment.place(),
            spec,
            row_count: *row_count,
            block_count: block_count(index(*row_count))
                .ok_or_else(|| damaged(file, "has too many blocks"))?,
            sections,
            buckets: of_buckets.chunks_exact(2).map(bucket).collect(),
            buckets_start: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }))
    }

    fn size_bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>() + self.sections.len() * size_of::<(u32, u32)>()
    }

    /// The rows that may meet all conditions, as [`Lookups::rows`] has them; `None` when `read` could not read.
    fn rows(
        &self,
        file: &DataFile,
        conditions: &[Vec<Lookup>],
        few: usize,
        read: impl Fn(u64, usize) -> Result<Option<Vec<u8>>, Error>,
    ) -> Result<Option<Vec<Range<usize>>>, Error> {
        let mut common: Option<Vec<u32>> = None;
        for condition in conditions {
            let mut blocks = Vec::new();
            for probe in condition.iter().flat_map(Lookup::probes) {
                let Some(bucket) = self.bucket_of(file, probe)? else { continue };
                let Some(bytes) = read(self.buckets_start + u64::from(bucket.start), bucket.length)? else {
                    return Ok(None);
                };
                self.find(file, &bucket, &bytes, probe.hash, &mut blocks)?;
            }
            blocks.sort_unstable();
            blocks.dedup();
            if let Some(others) = &common {
                blocks.retain(|block| others.binary_search(block).is_ok());
            }
            let is_few = blocks.len() * BLOCK_ROWS <= few;
            common = Some(blocks);
            if is_few {
                break;
            }
        }
        let all = || (0..self.block_count).collect();
        Ok(Some(rows_of_blocks(&common.unwrap_or_else(all), index(self.row_count))))
    }

    /// Where entries of a value are; `None` when the section has none.
    fn bucket_of(&self, file: &DataFile, probe: Probe) -> Result<Option<Stored>, Error> {
        let Some(section) = self.spec.position(probe.column) else {
            return Err(damaged(file, "has no section of a column that is asked for"));
        };
        let (first, count) = self.sections[section];
        if count == 0 {
            return Ok(None);
        }
        let number = first + section::bucket_of(probe.hash, count);
        let end = self.buckets[index(number)].end;
        let start = number.checked_sub(1).map_or(0, |before| self.buckets[index(before)].end);
        let length = end.checked_sub(start).ok_or_else(|| damaged(file, "has a bucket out of place"))?;
        Ok(Some(Stored { number, of: count, start, length: index(length) }))
    }

    /// Appends the blocks that a bucket has for a hash.
    fn find(
        &self,
        file: &DataFile,
        bucket: &Stored,
        bytes: &[u8],
        hash: u64,
        blocks: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let is_whole = checksum(bucket.number, bytes) == self.buckets[index(bucket.number)].checksum;
        let found = is_whole.then(|| section::find(bytes, hash, bucket.of, self.block_count, blocks));
        found.flatten().ok_or_else(|| damaged(file, "has a bucket that is not what was written"))
    }
}

/// A bucket: its number among all, how many its section has, and its bytes, counted from the first of the first.
struct Stored {
    number: u32,
    of: u32,
    start: u32,
    length: usize,
}

/// The whole numbers of four bytes each.
fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (chunks, _) = bytes.as_chunks::<4>();
    chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}
