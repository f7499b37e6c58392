//! Which pages of a file some rows lie in, and those rows from the pages' bytes.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::buf::Reader;
use bytes::{Buf, Bytes};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Compression;
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::decompress::Decompressed;

/// What has to be read of one file.
pub(super) struct Wanted {
    metadata: Arc<ParquetMetaData>,
    /// The columns wanted, as the file numbers them.
    columns: Vec<usize>,
    /// The row groups that have rows wanted, and which of their rows, ascending.
    groups: Vec<(usize, Vec<Range<usize>>)>,
}

impl Wanted {
    pub(super) fn of(
        metadata: Arc<ParquetMetaData>,
        schema: &SchemaRef,
        rows: &RowSelection,
    ) -> Result<Self> {
        let leaves = metadata.file_metadata().schema_descr().columns();
        let is_wanted = |name: &str| schema.field_with_name(name).is_ok();
        let columns =
            leaves.iter().enumerate().filter(|(_, leaf)| is_wanted(leaf.name())).map(|(index, _)| index);
        let columns = columns.collect();
        let ranges = ranges(rows);
        let mut groups = Vec::new();
        let mut start = 0;
        for (index, group) in metadata.row_groups().iter().enumerate() {
            let end = start + usize::try_from(group.num_rows())?;
            let within = ranges.iter().map(|range| range.start.max(start)..range.end.min(end));
            let within: Vec<Range<usize>> = within
                .filter(|range| range.start < range.end)
                .map(|range| range.start - start..range.end - start)
                .collect();
            if !within.is_empty() {
                groups.push((index, within));
            }
            start = end;
        }
        Ok(Self { metadata, columns, groups })
    }

    /// Where the pages are: of each column those with rows that are wanted, and its dictionary.
    pub(super) fn byte_ranges(&self) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        for (group, rows) in &self.groups {
            let group_rows = self.metadata.row_group(*group).num_rows();
            for column in &self.columns {
                let (start, length) = self.metadata.row_group(*group).column(*column).byte_range();
                let Some(pages) = self.pages(*group, *column) else {
                    ranges.push(start..start + length);
                    continue;
                };
                if let Some(first) = pages.first().map(offset).filter(|first| *first > start) {
                    ranges.push(start..first);
                }
                let ends = pages.iter().skip(1).map(|page| page.first_row_index).chain([group_rows]);
                for (page, end) in pages.iter().zip(ends) {
                    let run = usize::try_from(page.first_row_index).ok().zip(usize::try_from(end).ok());
                    if run.is_none_or(|(first, end)| has_any(rows, first, end)) {
                        let length = u64::try_from(page.compressed_page_size).unwrap_or(0);
                        ranges.push(offset(page)..offset(page) + length);
                    }
                }
            }
        }
        ranges
    }

    fn pages(&self, group: usize, column: usize) -> Option<&Vec<PageLocation>> {
        let pages = self.metadata.offset_index()?.get(group)?.get(column)?.page_locations();
        (!pages.is_empty()).then_some(pages)
    }

    /// The rows, from the bytes of [`Wanted::byte_ranges`].
    pub(super) fn decode(self, bytes: Vec<Bytes>, batch_rows: usize) -> Result<ParquetRecordBatchReader> {
        let starts = self.byte_ranges().into_iter().map(|range| range.start);
        let chunks = Arc::new(Chunks(starts.zip(bytes).collect()));
        let schema = self.metadata.file_metadata().schema_descr();
        let mask = ProjectionMask::leaves(schema, self.columns.iter().copied());
        let levels = parquet_to_arrow_field_levels(schema, mask, None)?;
        let mut wanted = Vec::new();
        let mut before = 0;
        for (group, rows) in &self.groups {
            wanted.extend(rows.iter().map(|rows| before + rows.start..before + rows.end));
            before += usize::try_from(self.metadata.row_group(*group).num_rows())?;
        }
        let selection = RowSelection::from_consecutive_ranges(wanted.into_iter(), before);
        let groups = Fetched { wanted: self, chunks, row_count: before };
        ParquetRecordBatchReader::try_new_with_row_groups(&levels, &groups, batch_rows, Some(selection))
    }
}

/// The rows that are selected, as ascending ranges.
pub(in crate::scan) fn ranges(rows: &RowSelection) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut row = 0;
    for run in rows.iter() {
        if !run.skip {
            ranges.push(row..row + run.row_count);
        }
        row += run.row_count;
    }
    ranges
}

/// Whether any of ascending ranges has a row from `first` on and before `end`.
pub(in crate::scan) fn has_any(ranges: &[Range<usize>], first: usize, end: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= first);
    ranges.get(next).is_some_and(|range| range.start < end)
}

fn offset(page: &PageLocation) -> u64 {
    u64::try_from(page.offset).unwrap_or(0)
}

/// Pieces of a file, by where they begin.
struct Chunks(BTreeMap<u64, Bytes>);

impl Chunks {
    /// What there is from a place on.
    fn from(&self, start: u64) -> Result<Bytes> {
        let missing = || ParquetError::EOF(format!("the bytes from {start} on were not fetched"));
        let (begins, bytes) = self.0.range(..=start).next_back().ok_or_else(missing)?;
        let within = usize::try_from(start - begins)?;
        if within > bytes.len() { Err(missing()) } else { Ok(bytes.slice(within..)) }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0
            .last_key_value()
            .map_or(0, |(start, bytes)| start.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
    }
}

impl ChunkReader for Chunks {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.from(start)?;
        if bytes.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(bytes.slice(..length))
    }
}

/// The row groups that have rows wanted, one after the other.
struct Fetched {
    wanted: Wanted,
    chunks: Arc<Chunks>,
    row_count: usize,
}

impl Fetched {
    fn reader(&self, group: usize, column: usize) -> Result<Box<dyn PageReader>> {
        let of = self.wanted.metadata.row_group(group);
        let chunk = of.column(column);
        let rows = usize::try_from(of.num_rows())?;
        let pages = self.wanted.pages(group, column).cloned();
        let open = |chunk: &ColumnChunkMetaData| {
            SerializedPageReader::new(Arc::clone(&self.chunks), chunk, rows, pages)
        };
        Ok(match chunk.compression() {
            Compression::ZSTD(_) => {
                let as_stored = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED);
                Box::new(Decompressed::new(open(&as_stored.build()?)?))
            }
            _ => Box::new(open(chunk)?),
        })
    }
}

impl RowGroups for Fetched {
    fn num_rows(&self) -> usize {
        self.row_count
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let readers = self.wanted.groups.iter().map(|(group, _)| self.reader(*group, column));
        Ok(Box::new(ColumnPages(readers.collect::<Vec<_>>().into_iter())))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.wanted.groups.iter().map(|(group, _)| self.wanted.metadata.row_group(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.wanted.metadata
    }
}

struct ColumnPages(std::vec::IntoIter<Result<Box<dyn PageReader>>>);

impl Iterator for ColumnPages {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl PageIterator for ColumnPages {}
