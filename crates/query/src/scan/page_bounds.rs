//! What the page index of a file says of a column: between which values each of its pages lies.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt64Array};
use arrow::compute::{max_string, min_string, sum};
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::offset_index::PageLocation;

/// What the page index says of one column, an element a page.
pub(super) struct Bounds {
    pub(super) rows: Vec<Range<usize>>,
    pub(super) least: ArrayRef,
    pub(super) greatest: ArrayRef,
    pub(super) null_counts: UInt64Array,
}

impl Bounds {
    pub(super) fn read(metadata: &ParquetMetaData, schema: &SchemaRef, column: &str) -> Result<Option<Self>> {
        let (Some(bounds), Some(offsets)) = (metadata.column_index(), metadata.offset_index()) else {
            return Ok(None);
        };
        let converter =
            StatisticsConverter::try_new(column, schema, metadata.file_metadata().schema_descr())?;
        let Some(leaf) = converter.parquet_column_index() else { return Ok(None) };
        let groups: Vec<usize> = (0..metadata.num_row_groups()).collect();
        let mut rows = Vec::new();
        let mut group_start = 0;
        for (group, offsets) in metadata.row_groups().iter().zip(offsets) {
            let group_rows = usize::try_from(group.num_rows()).unwrap_or(0);
            let Some(column) = offsets.get(leaf) else { return Ok(None) };
            rows.extend(rows_of(column.page_locations(), group_start, group_rows));
            group_start += group_rows;
        }
        let least = converter.data_page_mins(bounds, offsets, &groups)?;
        let greatest = converter.data_page_maxes(bounds, offsets, &groups)?;
        let null_counts = converter.data_page_null_counts(bounds, offsets, &groups)?;
        let all = [least.len(), greatest.len(), null_counts.len()];
        Ok(all.iter().all(|count| *count == rows.len()).then_some(Self {
            rows,
            least,
            greatest,
            null_counts,
        }))
    }
}

impl Bounds {
    /// The bounds of texts over other runs of the same rows, which a column has that was cut into pages elsewhere.
    pub(super) fn over(self, rows: &[Range<usize>]) -> Option<Self> {
        if self.rows == rows {
            return Some(self);
        }
        let (least, greatest) = (self.least.as_string_opt::<i32>()?, self.greatest.as_string_opt::<i32>()?);
        let pages_of = |run: &Range<usize>| {
            let first = self.rows.partition_point(|page| page.end <= run.start);
            let last = self.rows.partition_point(|page| page.start < run.end);
            first..last.max(first)
        };
        // A page of unknown bounds may have anything.
        let known = |texts: &StringArray, pages: &Range<usize>| {
            let texts = texts.slice(pages.start, pages.len());
            (!pages.is_empty() && texts.null_count() == 0).then_some(texts)
        };
        let pages: Vec<Range<usize>> = rows.iter().map(pages_of).collect();
        let least: StringArray =
            pages.iter().map(|pages| min_string(&known(least, pages)?).map(str::to_owned)).collect();
        let greatest: StringArray =
            pages.iter().map(|pages| max_string(&known(greatest, pages)?).map(str::to_owned)).collect();
        // How many of a run's rows are null is not known where the page has some.
        let nulls = |pages: &Range<usize>| {
            let counts = self.null_counts.slice(pages.start, pages.len());
            (counts.null_count() == 0 && sum(&counts).unwrap_or(0) == 0).then_some(0)
        };
        let null_counts = pages.iter().map(nulls).collect();
        Some(Self { rows: rows.to_vec(), least: Arc::new(least), greatest: Arc::new(greatest), null_counts })
    }
}

/// The rows of the pages of a row group, counted from the first of the file.
fn rows_of(
    pages: &[PageLocation],
    group_start: usize,
    group_rows: usize,
) -> impl Iterator<Item = Range<usize>> {
    let start = move |page: &PageLocation| usize::try_from(page.first_row_index).unwrap_or(0);
    let ends = pages.iter().skip(1).map(start).chain([group_rows]);
    pages.iter().map(start).zip(ends).map(move |(from, to)| group_start + from..group_start + to)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows, bounds and nulls of a page.
    type Page<'a> = (Range<usize>, Option<(&'a str, &'a str)>, u64);

    fn bounds(pages: &[Page<'_>]) -> Bounds {
        let texts = |of: fn(&(&str, &str)) -> String| -> ArrayRef {
            Arc::new(pages.iter().map(|page| page.1.as_ref().map(of)).collect::<StringArray>())
        };
        Bounds {
            rows: pages.iter().map(|page| page.0.clone()).collect(),
            least: texts(|(least, _)| (*least).to_owned()),
            greatest: texts(|(_, greatest)| (*greatest).to_owned()),
            null_counts: pages.iter().map(|page| Some(page.2)).collect(),
        }
    }

    fn shown(bounds: &Bounds) -> Vec<(Option<&str>, Option<&str>, Option<u64>)> {
        let (least, greatest) = (bounds.least.as_string::<i32>(), bounds.greatest.as_string::<i32>());
        let nulls = bounds.null_counts.iter();
        least
            .iter()
            .zip(greatest)
            .zip(nulls)
            .map(|((least, greatest), nulls)| (least, greatest, nulls))
            .collect()
    }

    #[test]
    fn bounds_hold_for_pages_cut_elsewhere() {
        let coarse = bounds(&[(0..8, Some(("a", "b")), 0), (8..16, Some(("b", "d")), 1), (16..20, None, 0)]);
        let finer = coarse.over(&[0..4, 4..8, 6..10, 8..16, 12..20, 16..20]).expect("texts");
        assert_eq!(
            shown(&finer),
            [
                (Some("a"), Some("b"), Some(0)),
                (Some("a"), Some("b"), Some(0)),
                (Some("a"), Some("d"), None),
                (Some("b"), Some("d"), None),
                (None, None, None),
                (None, None, Some(0)),
            ]
        );
    }

    #[test]
    fn bounds_hold_for_several_pages_together() {
        let fine =
            bounds(&[(0..4, Some(("a", "b")), 0), (4..8, Some(("b", "c")), 0), (8..16, Some(("c", "d")), 2)]);
        let coarse = fine.over(&[0..8, 8..16]).expect("texts");
        assert_eq!(shown(&coarse), [(Some("a"), Some("c"), Some(0)), (Some("c"), Some("d"), None)]);
    }
}
