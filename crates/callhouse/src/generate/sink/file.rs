//! A file with one message a line; `-` would be a file of that name.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::generate::Message;

pub(super) struct FileSink {
    path: PathBuf,
    file: BufWriter<File>,
}

impl FileSink {
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("creating {} failed", path.display()))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 20, file) })
    }

    pub(super) fn write(&mut self, messages: &[Message]) -> anyhow::Result<()> {
        for message in messages {
            self.file
                .write_all(&message.payload)
                .and_then(|()| self.file.write_all(b"\n"))
                .with_context(|| format!("writing {} failed", self.path.display()))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| format!("writing {} failed", self.path.display()))
    }
}
