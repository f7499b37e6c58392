//! Lines of a file, plain or gzip, without ever holding more than one over-long line's limit.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// The longest line taken in whole, in bytes.
pub(super) const LONGEST_LINE_BYTES: usize = 10 * 1024 * 1024;
/// What is kept of a longer one.
pub(super) const KEPT_OF_LONGER_BYTES: usize = 64 * 1024;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const BUFFER_BYTES: usize = 256 * 1024;

/// What [`Lines::next_into`] appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Bytes appended.
    pub(super) kept_bytes: usize,
    /// Bytes the line has, without its end. More than `kept_bytes` when it was too long.
    pub(super) bytes: u64,
}

impl Line {
    pub(super) const fn is_cut(&self) -> bool {
        self.bytes > self.kept_bytes as u64
    }
}

/// Lines in order. A line ends at LF or CR LF or at the end of the file.
pub(super) struct Lines(Box<dyn BufRead + Send>);

impl Lines {
    /// Reads the first `file_bytes` of `file`; counts the bytes taken from the file (not from the gzip) into `taken`.
    pub(super) fn of(mut file: File, file_bytes: u64, taken: Arc<AtomicU64>) -> io::Result<Self> {
        file.rewind()?;
        let counted = Counted { inner: file.take(file_bytes), taken };
        let mut buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
        let mut text: Box<dyn BufRead + Send> = if buffered.fill_buf()?.starts_with(&GZIP_MAGIC) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(buffered)))
        } else {
            Box::new(buffered)
        };
        if text.fill_buf().is_ok_and(|beginning| beginning.starts_with(&BYTE_ORDER_MARK)) {
            text.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Self(text))
    }

    /// Appends the next line without its end to `into`; `None` at the end of the file. After an error the
    /// unfinished line is not in `into`.
    pub(super) fn next_into(&mut self, into: &mut Vec<u8>) -> io::Result<Option<Line>> {
        let start = into.len();
        let line = self.read_line(into, start);
        if line.is_err() {
            into.truncate(start);
        }
        line
    }

    fn read_line(&mut self, into: &mut Vec<u8>, start: usize) -> io::Result<Option<Line>> {
        // Room for CR LF behind the longest line.
        let limit = LONGEST_LINE_BYTES + 2;
        let taken = (&mut self.0).take(limit as u64).read_until(b'\n', into)?;
        if taken == 0 {
            return Ok(None);
        }
        let mut bytes = taken as u64;
        let mut ends = into.ends_with(b"\n");
        let mut before_end = into.get(into.len().saturating_sub(2)).copied();
        if !ends && taken == limit {
            before_end = into.last().copied();
            let rest = self.skip_line(&mut before_end)?;
            bytes += rest.bytes;
            ends = rest.ends;
        }
        if ends {
            bytes -= 1;
            bytes -= u64::from(bytes > 0 && before_end == Some(b'\r'));
        }
        let kept_bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes <= LONGEST_LINE_BYTES);
        let kept_bytes = kept_bytes.unwrap_or(KEPT_OF_LONGER_BYTES);
        into.truncate(start + kept_bytes);
        Ok(Some(Line { kept_bytes, bytes }))
    }

    /// Reads up to and with the next LF. `last` becomes the byte before it.
    fn skip_line(&mut self, last: &mut Option<u8>) -> io::Result<Skipped> {
        let mut bytes = 0;
        loop {
            let buffer = self.0.fill_buf()?;
            if buffer.is_empty() {
                return Ok(Skipped { bytes, ends: false });
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let before_end = end.unwrap_or(buffer.len());
            if let Some(byte) = buffer.get(..before_end).and_then(<[u8]>::last) {
                *last = Some(*byte);
            }
            let taken = before_end + usize::from(end.is_some());
            self.0.consume(taken);
            bytes += taken as u64;
            if end.is_some() {
                return Ok(Skipped { bytes, ends: true });
            }
        }
    }
}

struct Skipped {
    bytes: u64,
    ends: bool,
}

/// Counts what is read through it.
struct Counted {
    inner: io::Take<File>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<(Vec<u8>, u64)> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        let mut lines = Lines::of(file, u64::MAX, Arc::default()).expect("opens");
        let (mut into, mut read) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_into(&mut into).expect("readable") {
            assert_eq!(line.kept_bytes, into.len());
            read.push((std::mem::take(&mut into), line.bytes));
        }
        read
    }

    #[test]
    fn lines_end_at_lf_crlf_and_the_end() {
        let read = lines_of(b"\xef\xbb\xbfone\r\n\r\n\ntwo\rstill\nlast");
        let texts: Vec<_> = read.iter().map(|(text, _)| String::from_utf8_lossy(text)).collect();
        assert_eq!(texts, ["one", "", "", "two\rstill", "last"]);
        assert_eq!(lines_of(b""), []);
        assert_eq!(lines_of(b"\n").len(), 1);
    }

    #[test]
    fn an_overlong_line_is_cut_and_the_next_one_is_whole() {
        let sizes =
            [LONGEST_LINE_BYTES, LONGEST_LINE_BYTES + 1, LONGEST_LINE_BYTES + 2, LONGEST_LINE_BYTES * 2];
        for end in [b"\n".as_slice(), b"\r\n"] {
            for size in sizes {
                let read = lines_of(&[&vec![b'x'; size], end, b"next"].concat());
                let kept = if size > LONGEST_LINE_BYTES { KEPT_OF_LONGER_BYTES } else { size };
                assert_eq!((read[0].0.len(), read[0].1), (kept, size as u64), "{size} {end:?}");
                assert_eq!(read[1].0, b"next");
            }
        }
    }

    #[test]
    fn gzip_of_several_members_is_one_text() {
        let member = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).expect("compresses");
            encoder.finish().expect("compresses")
        };
        let read = lines_of(&[member(b"one\ntw"), member(b"o\n")].concat());
        assert_eq!(read, [(b"one".to_vec(), 3), (b"two".to_vec(), 3)]);
    }
}
