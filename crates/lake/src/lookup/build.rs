//! Makes the lookup index of a file from its rows.
//!
//! **Memory**: 8 to 16 bytes an entry, lists having room to grow, until the file is finished, and then 3 bytes an
//! entry more for its encoded form. A row has at most one entry a section, and a block has each value once. A call has
//! one for its id, two if its `call_id` is no number, and one for each of its numbers: two entries a row are usual,
//! four the most. A file of 256 MiB, 3.3 million calls, thus takes 50 to 100 MB here, 200 MB at worst.

use std::ops::Range;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, Schema};

use super::spec::Values;
use super::{
    BLOCK_ROWS, LookupSpec, NAME, Section, block_count, checksum, hash_of_number, hash_of_text, plain_number,
    section,
};
use crate::error::Error;
use crate::file::attachment::AttachmentBuilder;

/// Sees the rows of a file and makes its attachment [`NAME`].
#[derive(Debug)]
pub(crate) struct LookupBuilder {
    row_count: usize,
    /// The block of the next row.
    block: u32,
    /// In the order of the spec.
    sections: Vec<Entries>,
}

/// The entries of a section.
#[derive(Debug)]
struct Entries {
    column: Column,
    /// The column whose entry stands for this one's where both say the same.
    said_by: Option<Column>,
    /// Those of finished blocks, then those of the block at hand.
    all: Vec<u64>,
    /// Where those of the block at hand begin.
    block_start: usize,
}

/// A column by its place among those of the table.
#[derive(Debug, Clone, Copy)]
struct Column {
    index: usize,
    values: Values,
}

/// The values of a column in a batch.
#[derive(Debug, Clone, Copy)]
enum InBatch<'a> {
    Numbers(&'a Int64Array),
    Texts(&'a StringArray),
}

impl Column {
    fn in_batch(self, batch: &RecordBatch) -> InBatch<'_> {
        let column = batch.column(self.index);
        match self.values {
            Values::Numbers => InBatch::Numbers(column.as_primitive::<Int64Type>()),
            Values::Texts => InBatch::Texts(column.as_string()),
        }
    }
}

impl InBatch<'_> {
    /// Whether the value of a row says the same as a text.
    fn says(self, row: usize, text: &str) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.is_valid(row) && plain_number(text) == Some(numbers.value(row)),
            Self::Texts(texts) => texts.is_valid(row) && text == texts.value(row),
        }
    }
}

impl Entries {
    /// Takes in rows of one block.
    fn push(&mut self, batch: &RecordBatch, rows: Range<usize>, block: u32) {
        let said_by = self.said_by.map(|column| column.in_batch(batch));
        match self.column.in_batch(batch) {
            InBatch::Numbers(numbers) => {
                let known = rows.filter(|row| numbers.is_valid(*row));
                self.all.extend(known.map(|row| section::entry(hash_of_number(numbers.value(row)), block)));
            }
            InBatch::Texts(texts) => {
                let known = rows.filter(|row| texts.is_valid(*row)).map(|row| (row, texts.value(row)));
                let own = known.filter(|(row, text)| said_by.is_none_or(|other| !other.says(*row, text)));
                self.all.extend(own.map(|(_, text)| section::entry(hash_of_text(text), block)));
            }
        }
    }

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
    /// For files of rows of `schema`.
    ///
    /// # Panics
    /// When the spec is of another schema.
    pub(crate) fn new(spec: &LookupSpec, schema: &Schema) -> Self {
        let column = |name: &str| {
            let of = spec.position(name).map(|at| spec.sections[at].values);
            let values = of.expect("what a section refers to has one");
            Column { index: schema.index_of(name).expect("sections are of columns of their table"), values }
        };
        let entries = |section: &Section| Entries {
            column: column(section.column),
            said_by: section.said_by.map(column),
            all: Vec::new(),
            block_start: 0,
        };
        Self { row_count: 0, block: 0, sections: spec.sections.iter().map(entries).collect() }
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
        let mut start = 0;
        while start < batch.num_rows() {
            let left_of_block = BLOCK_ROWS - self.row_count % BLOCK_ROWS;
            let end = (start + left_of_block).min(batch.num_rows());
            self.sections.iter_mut().for_each(|section| section.push(batch, start..end, self.block));
            self.row_count += end - start;
            start = end;
            if self.row_count.is_multiple_of(BLOCK_ROWS) {
                self.sections.iter_mut().for_each(Entries::end_block);
                self.block = block_count(self.row_count).ok_or_else(too_many_rows)?;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<(&'static str, Vec<u8>)>, Error> {
        Ok(Some((NAME, self.encode()?)))
    }
}
