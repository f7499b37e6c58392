//! The bytes of a file on their way to the disk: compressed if wanted, counted, hashed, and held to a limit.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use callhouse_core::crash;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Bytes handed to compression and disk at once, always the same, so that what comes out does not depend on how rows come.
const CHUNK_BYTES: usize = 256 * 1024;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    /// In lowercase hex.
    pub(crate) sha256: String,
}

/// A file being written.
pub(crate) struct Output {
    chunk: Vec<u8>,
    sink: Sink,
    path: PathBuf,
    /// Why writing stopped, for writers that do not say it themselves.
    failure: Option<Error>,
}

enum Sink {
    Plain(Counted),
    Gzip(Box<GzEncoder<Counted>>),
}

impl Output {
    /// Creates a file, which must not be there, that may have so many bytes.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::DiskFull`].
    pub(crate) fn create(path: PathBuf, gzip: bool, limit: u64) -> Result<Self, Error> {
        let file = File::create_new(&path).map_err(|source| Error::file("create", &path, source))?;
        let counted = Counted { file, hash: Sha256::new(), bytes: 0, limit };
        let sink = if gzip {
            Sink::Gzip(Box::new(GzEncoder::new(counted, Compression::default())))
        } else {
            Sink::Plain(counted)
        };
        Ok(Self { chunk: Vec::with_capacity(CHUNK_BYTES), sink, path, failure: None })
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::DiskFull`], [`Error::File`].
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while self.chunk.len() + bytes.len() >= CHUNK_BYTES {
            let (now, later) = bytes.split_at(CHUNK_BYTES - self.chunk.len());
            self.chunk.extend_from_slice(now);
            self.pass_on()?;
            bytes = later;
        }
        self.chunk.extend_from_slice(bytes);
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), Error> {
        let written = match &mut self.sink {
            Sink::Plain(counted) => counted.write_all(&self.chunk),
            Sink::Gzip(encoder) => encoder.write_all(&self.chunk),
        };
        self.chunk.clear();
        written.map_err(|error| failed("write", &self.path, error))
    }

    /// What went wrong while a writer wrote into this.
    ///
    /// # Errors
    /// That.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Writes what is left and makes the file durable.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub(crate) fn finish(mut self) -> Result<Written, Error> {
        self.pass_on()?;
        let counted = match self.sink {
            Sink::Plain(counted) => counted,
            Sink::Gzip(encoder) => encoder.finish().map_err(|error| failed("write", &self.path, error))?,
        };
        crash::point("export.written");
        counted.file.sync_all().map_err(|error| failed("fsync", &self.path, error))?;
        Ok(Written { bytes: counted.bytes, sha256: hex::encode(counted.hash.finalize()) })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Self::write(self, bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                let told = io::Error::other(error.to_string());
                self.failure = Some(error);
                Err(told)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(operation: &'static str, path: &Path, error: io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<LimitReached>()) {
        Some(LimitReached { limit }) => Error::TooLarge { limit: *limit },
        None => Error::file(operation, path, error),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes")]
struct LimitReached {
    limit: u64,
}

/// A file whose bytes are counted and hashed.
struct Counted {
    file: File,
    hash: Sha256,
    bytes: u64,
    limit: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX)) > self.limit {
            return Err(io::Error::other(LimitReached { limit: self.limit }));
        }
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
