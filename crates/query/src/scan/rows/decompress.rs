//! Pages, decompressed by the one decompressor of the thread.

use std::cell::RefCell;

use bytes::Bytes;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use zstd::bulk::Decompressor;
use zstd::zstd_safe::get_frame_content_size;

/// No page of ours comes near to this; what does is damaged.
const MOST_BYTES: u64 = 1 << 28;

thread_local! {
    /// Making one asks the processor what it can do, which a virtual machine answers slowly.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The pages of a reader that leaves them as they are stored.
pub(super) struct Decompressed<P> {
    pages: P,
}

impl<P: PageReader> Decompressed<P> {
    pub(super) fn new(pages: P) -> Self {
        Self { pages }
    }
}

impl<P: PageReader> Iterator for Decompressed<P> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<P: PageReader> PageReader for Decompressed<P> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(mut page) = self.pages.get_next_page()? else { return Ok(None) };
        match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => *buf = decompress(buf)?,
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, is_compressed, .. } => {
                if *is_compressed {
                    let levels = usize::try_from(*def_levels_byte_len + *rep_levels_byte_len)?;
                    let plain = buf.get(..levels).zip(buf.get(levels..)).map(|(levels, values)| {
                        Ok::<_, ParquetError>([levels, &decompress(values)?[..]].concat())
                    });
                    *buf = plain.ok_or_else(|| ParquetError::EOF("a page is cut off".to_owned()))??.into();
                    *is_compressed = false;
                }
            }
        }
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

fn decompress(stored: &[u8]) -> Result<Bytes> {
    if stored.is_empty() {
        return Ok(Bytes::new());
    }
    let size = get_frame_content_size(stored).ok().flatten().filter(|size| *size <= MOST_BYTES);
    let size = size.ok_or_else(|| ParquetError::General("a page does not say how long it is".to_owned()))?;
    let size = usize::try_from(size)?;
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        Ok(decompressor.decompress(stored, size)?.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back_and_what_was_not_is_an_error() {
        let plain = b"a page of a file ".repeat(1_000);
        let stored = zstd::bulk::compress(&plain, 3).expect("compresses");
        assert_eq!(decompress(&stored).expect("a page"), plain);
        let damaged = [&stored[..stored.len() - 4], &[0; 4]].concat();
        decompress(&damaged[..20]).expect_err("cut off");
        decompress(b"anything").expect_err("no frame");
        assert_eq!(decompress(&stored).expect("still works"), plain);
    }
}
