//! What was imported before: per topic the lines last seen and their digests, so that a file is recognised by
//! what it holds and not by its name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// Number of lines.
    pub lines: i64,
    /// SHA-256 over these lines, each ended by LF, in lower-case hexadecimal.
    pub sha256: String,
}

/// The first bytes of the SHA-256 of a beginning, taken after each of its lines.
pub type Mark = [u8; MARK_BYTES];

pub(super) const MARK_BYTES: usize = 8;

/// Remembers prefixes by topic. Must survive what the positions survive: an import whose prefix is forgotten
/// while its position is kept stops with an error.
pub trait PriorImports: Send + Sync {
    /// The prefix last remembered for `topic`.
    ///
    /// # Errors
    /// What the storage says.
    fn find(&self, topic: &str) -> io::Result<Option<Prefix>>;

    /// The mark after the first `lines` lines remembered for `topic`; `None` when there are not as many.
    ///
    /// # Errors
    /// What the storage says.
    fn mark_after(&self, topic: &str, lines: i64) -> io::Result<Option<Mark>>;

    /// An empty file without a name, to gather marks in.
    ///
    /// # Errors
    /// What the storage says.
    fn scratch(&self) -> io::Result<File>;

    /// Remembers, durably. `marks` are those of the prefix's lines, one after the other. Called before the first of
    /// these lines is handed to ingest.
    ///
    /// # Errors
    /// What the storage says.
    fn remember(&self, topic: &str, prefix: &Prefix, marks: &mut dyn Read) -> io::Result<()>;

    /// As [`Self::remember`] for a prefix that goes on with more lines where the remembered one ended: `marks` are
    /// those of the last lines only.
    ///
    /// # Errors
    /// What the storage says.
    fn extend(&self, topic: &str, prefix: &Prefix, marks: &[u8]) -> io::Result<()>;
}

/// Two files per topic in a folder of its own: the prefix as JSON, and the marks, eight bytes a line.
#[derive(Debug)]
pub struct ImportsFolder(PathBuf);

impl ImportsFolder {
    /// Uses `folder`, creating it when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    fn file_of(&self, topic: &str, kind: &str) -> PathBuf {
        self.0.join(format!("{}.{kind}", topic.replace('/', "_")))
    }

    /// Replaces a file so that, whatever happens, it is the old one or the new one.
    fn replace(&self, target: &Path, content: &mut dyn Read) -> io::Result<()> {
        let incoming = target.with_extension("incoming");
        let mut file = File::create(&incoming)?;
        io::copy(content, &mut file)?;
        file.sync_all()?;
        std::fs::rename(&incoming, target)?;
        File::open(&self.0)?.sync_all()
    }
}

/// `None` when there is no such file.
fn if_found<T>(opened: io::Result<T>) -> io::Result<Option<T>> {
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

impl PriorImports for ImportsFolder {
    fn find(&self, topic: &str) -> io::Result<Option<Prefix>> {
        let Some(json) = if_found(std::fs::read(self.file_of(topic, "json")))? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&json)?))
    }

    fn mark_after(&self, topic: &str, lines: i64) -> io::Result<Option<Mark>> {
        let Some(mut marks) = if_found(File::open(self.file_of(topic, "marks")))? else { return Ok(None) };
        let before = u64::try_from(lines - 1).ok().and_then(|lines| lines.checked_mul(MARK_BYTES as u64));
        let Some(before) = before else { return Ok(None) };
        marks.seek(SeekFrom::Start(before))?;
        let mut mark = Mark::default();
        match marks.read_exact(&mut mark) {
            Ok(()) => Ok(Some(mark)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn scratch(&self) -> io::Result<File> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = self.0.join(format!("scratch-{}-{number}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(file)
    }

    /// The marks go first: they may be of more lines than the prefix, never of fewer.
    fn remember(&self, topic: &str, prefix: &Prefix, marks: &mut dyn Read) -> io::Result<()> {
        self.replace(&self.file_of(topic, "marks"), marks)?;
        self.replace(&self.file_of(topic, "json"), &mut serde_json::to_vec(prefix)?.as_slice())
    }

    /// In the same order. Marks that an earlier try left behind those of the prefix are written over.
    fn extend(&self, topic: &str, prefix: &Prefix, marks: &[u8]) -> io::Result<()> {
        let mark_bytes =
            u64::try_from(prefix.lines).ok().and_then(|lines| lines.checked_mul(MARK_BYTES as u64));
        let behind = mark_bytes.and_then(|all| all.checked_sub(marks.len() as u64));
        let behind = behind.ok_or_else(|| io::Error::other("there are more marks than lines"))?;
        let mut file =
            File::options().write(true).create(true).truncate(false).open(self.file_of(topic, "marks"))?;
        file.seek(SeekFrom::Start(behind))?;
        file.write_all(marks)?;
        file.sync_all()?;
        if behind == 0 {
            File::open(&self.0)?.sync_all()?;
        }
        self.replace(&self.file_of(topic, "json"), &mut serde_json::to_vec(prefix)?.as_slice())
    }
}
