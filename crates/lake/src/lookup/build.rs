//! Makes the lookup index of a file from its rows.
//!
//! **Memory**: 8 to 16 bytes an entry, lists having room to grow, until the file is finished, and then 3 bytes an
//! entry more for its encoded form. A row has one entry for its id, two if its `call_id` is no number, and at most one
//! for each of its numbers, of which a block has each once: two entries a row are usual, four the most. A file of
//! 256 MiB, 3.3 million calls, thus takes 50 to 100 MB here, 200 MB at worst.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::{
    BLOCK_ROWS, NAME, Section, block_count, checksum, hash_of_number, hash_of_text, plain_number, section,
};
use crate::error::Error;
use crate::file::attachment::AttachmentBuilder;
use crate::rows::CallColumn;

/// Sees the rows of a file of `calls` and makes its attachment [`NAME`].
#[derive(Debug, Default)]
pub(crate) struct LookupBuilder {
    row_count: usize,
    /// The block of the next row.
    block: u32,
    /// By [`Section`]: the entries of finished blocks, then those of the block at hand.
    sections: [Entries; Section::ALL.len()],
}

#[derive(Debug, Default)]
struct Entries {
    all: Vec<u64>,
    /// Where those of the block at hand begin.
    block_start: usize,
}

impl Entries {
    /// Drops what the block at hand has more than once.
    fn end_block(&mut self) {
        let block = self.all.get_mut(self.block_start..).unwrap_or_default();
        block.sort_unstable();
        let mut kept = self.block_start;
        for at in self.block_start..self.all.len() {
            if at == self.block_start || self.all[at] != self.all[kept - 1] {
                self.all[kept] = self.all[at];
                kept += 1;
            }
        }
        self.all.truncate(kept);
        self.block_start = kept;
    }
}

impl LookupBuilder {
    fn add(&mut self, section: Section, hash: u64) {
        let entry = section::entry(hash, self.block);
        self.sections[section as usize].all.push(entry);
    }

    fn end_row(&mut self) -> Result<(), Error> {
        self.row_count += 1;
        if self.row_count.is_multiple_of(BLOCK_ROWS) {
            self.sections.iter_mut().for_each(Entries::end_block);
            self.block = block_count(self.row_count).ok_or_else(too_many_rows)?;
        }
        Ok(())
    }

    fn encode(mut self) -> Result<Vec<u8>, Error> {
        let blocks = block_count(self.row_count).ok_or_else(too_many_rows)?;
        let row_count = u32::try_from(self.row_count).map_err(|_| too_many_rows())?;
        let mut head = row_count.to_le_bytes().to_vec();
        let mut directory = Vec::new();
        let mut buckets = Vec::new();
        let too_large = |_| Error::Invalid { what: "a lookup index has more than 4 GiB".to_owned() };
        for entries in &mut self.sections {
            entries.end_block();
            let mut all = std::mem::take(&mut entries.all);
            all.sort_unstable();
            let mut count = 0_u32;
            for bucket in section::encode(&all, blocks) {
                let number = u32::try_from(directory.len() / 8).map_err(too_large)?;
                buckets.extend_from_slice(&bucket);
                let end = u32::try_from(buckets.len()).map_err(too_large)?;
                directory.extend_from_slice(&end.to_le_bytes());
                directory.extend_from_slice(&checksum(number, &bucket).to_le_bytes());
                count += 1;
            }
            head.extend_from_slice(&count.to_le_bytes());
        }
        head.append(&mut directory);
        let of_head = twox_hash::XxHash64::oneshot(0, &head);
        head.extend_from_slice(&of_head.to_le_bytes());
        head.append(&mut buckets);
        Ok(head)
    }
}

fn too_many_rows() -> Error {
    Error::Invalid { what: "a file has too many rows to be looked up".to_owned() }
}

impl AttachmentBuilder for LookupBuilder {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let text = |column: CallColumn| batch.column(column.index()).as_string::<i32>();
        let (call_ids, from, to) =
            (text(CallColumn::CallId), text(CallColumn::FromNumber), text(CallColumn::ToNumber));
        let callids = batch.column(CallColumn::Callid.index()).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let callid = callids.is_valid(row).then(|| callids.value(row));
            if let Some(callid) = callid {
                self.add(Section::Callid, hash_of_number(callid));
            }
            if call_ids.is_valid(row) {
                let call_id = call_ids.value(row);
                if callid.is_none() || plain_number(call_id) != callid {
                    self.add(Section::CallId, hash_of_text(call_id));
                }
            }
            for (section, numbers) in [(Section::FromNumber, from), (Section::ToNumber, to)] {
                if numbers.is_valid(row) {
                    self.add(section, hash_of_text(numbers.value(row)));
                }
            }
            self.end_row()?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<(&'static str, Vec<u8>)>, Error> {
        Ok(Some((NAME, self.encode()?)))
    }
}
