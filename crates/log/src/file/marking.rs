//! The digests of a file's lines, and remembering them while the file is taken in.

use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::lines::Line;
use super::prior::{MARK_BYTES, Mark, Prefix, PriorImports};

/// The digest of the lines read so far, from the first one on.
#[derive(Debug, Default)]
pub(super) struct Digests {
    hasher: Sha256,
    lines: i64,
}

impl Digests {
    /// Goes on by a line. Of one that was cut, its length stands for the rest.
    pub(super) fn add(&mut self, line: &[u8], read: Line) -> Mark {
        self.hasher.update(line);
        if read.is_cut() {
            self.hasher.update(read.bytes.to_le_bytes());
        }
        self.hasher.update(b"\n");
        self.lines += 1;
        let digest = self.hasher.clone().finalize();
        let mut mark = Mark::default();
        mark.copy_from_slice(&digest[..MARK_BYTES]);
        mark
    }

    pub(super) const fn lines(&self) -> i64 {
        self.lines
    }

    pub(super) fn prefix(&self) -> Prefix {
        Prefix { lines: self.lines, sha256: hex::encode(self.hasher.clone().finalize()) }
    }
}

/// What is remembered of a new file while it is read. Reading may begin again from the first line at any time; what
/// was marked before is not marked again.
pub(super) struct Marking {
    topic: String,
    priors: Arc<dyn PriorImports>,
    digests: Digests,
    /// Those not remembered yet.
    marks: Vec<u8>,
    remembered_lines: i64,
}

impl Marking {
    pub(super) fn new(topic: String, priors: Arc<dyn PriorImports>) -> Self {
        Self { topic, priors, digests: Digests::default(), marks: Vec::new(), remembered_lines: 0 }
    }

    /// Marks lines that follow each other, the first of them number `from`, unless they have been marked.
    pub(super) fn add<'l>(&mut self, from: i64, lines: impl Iterator<Item = (&'l [u8], Line)>) {
        for (number, (line, read)) in (from..).zip(lines) {
            if number == self.digests.lines() {
                self.marks.extend_from_slice(&self.digests.add(line, read));
            }
        }
    }

    /// Makes what was marked durable; answers how many lines that are.
    pub(super) fn remember(&mut self) -> io::Result<i64> {
        if self.remembered_lines < self.digests.lines() {
            self.priors.extend(&self.topic, &self.digests.prefix(), &self.marks)?;
            self.marks.clear();
            self.remembered_lines = self.digests.lines();
        }
        Ok(self.remembered_lines)
    }
}

impl std::fmt::Debug for Marking {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Marking").field("topic", &self.topic).finish_non_exhaustive()
    }
}
