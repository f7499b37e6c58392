//! Reads files as DataFusion does, but always with their page index.
//!
//! DataFusion asks for footers without it and, when a predicate wants it, reads it for that one scan and throws it away.
//! Kept with the footer it is read and decoded once; that was an eighth of what a call by id took.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::error::Result;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

/// Makes readers whose footers, page indexes included, are kept between scans.
#[derive(Debug)]
pub(super) struct IndexedReaders {
    footers: CachedParquetFileReaderFactory,
}

impl IndexedReaders {
    pub(super) fn new(footers: CachedParquetFileReaderFactory) -> Self {
        Self { footers }
    }
}

impl ParquetFileReaderFactory for IndexedReaders {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let reader = self.footers.create_reader(partition_index, file, metadata_size_hint, metrics)?;
        Ok(Box::new(IndexedReader { reader }))
    }
}

struct IndexedReader {
    reader: Box<dyn AsyncFileReader + Send>,
}

impl AsyncFileReader for IndexedReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, errors::Result<Bytes>> {
        self.reader.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, errors::Result<Vec<Bytes>>> {
        self.reader.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, errors::Result<Arc<ParquetMetaData>>> {
        let options = options.cloned().unwrap_or_default();
        let options = options.with_page_index_policy(PageIndexPolicy::Optional);
        async move { self.reader.get_metadata(Some(&options)).await }.boxed()
    }
}
