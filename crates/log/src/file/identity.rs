//! Which topic a file is: found from what it holds, by reading it once.
//!
//! The topic's name comes from the first line, so it stays while the file grows. Two files may share their
//! first line; whether this one is the one that was imported is decided by the digests of the lines both have.
//! Where they differ, the file gets a topic of its own (`…-2`), so that none of its lines is skipped.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use sha2::{Digest, Sha256};

use super::lines::{Line, Lines};
use super::prior::{MARK_BYTES, Mark, Prefix, PriorImports};

/// Hexadecimal digits of the first line's digest that name the topic: 128 bits.
const ID_DIGITS: usize = 32;

/// A file's topic and the lines to take from it.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) topic: String,
    /// Lines there were when the file was read; later ones wait for the next import.
    pub(super) lines: i64,
    /// So many lines are known to be the ones imported before under this topic; may be more than the file has.
    pub(super) known_lines: i64,
    /// Why there are no more lines than that, when it is not the file's end.
    pub(super) broken: Option<io::Error>,
}

/// Finds the topic and remembers the file's prefix under it. `read_again` gives the lines anew.
pub(super) fn identify(
    format: &str,
    default_account: Option<&str>,
    priors: &dyn PriorImports,
    mut read_again: impl FnMut() -> io::Result<Lines>,
) -> io::Result<Identity> {
    let first_line = first_line(&mut read_again()?)?;
    let base = base_topic(format, default_account, &first_line);
    let candidates = candidates(&base, priors)?;
    let lengths: Vec<i64> = candidates.iter().map(|(_, prefix)| prefix.lines).collect();
    let mut marks = BufWriter::new(priors.scratch()?);
    let scan = scan(&mut read_again()?, &lengths, &mut marks)?;

    let known = recognise(&candidates, &scan, priors)?;
    let topic = known.map_or_else(|| variant(&base, candidates.len() + 1), |(topic, _)| topic.clone());
    let known_lines = known.map(|(_, prefix)| prefix.lines);
    if known_lines.is_none_or(|known_lines| scan.whole.lines > known_lines) {
        let mut marks: File = marks.into_inner().map_err(io::IntoInnerError::into_error)?;
        marks.rewind()?;
        priors.remember(&topic, &scan.whole, &mut marks)?;
    }
    let known_lines = known_lines.unwrap_or(0);
    Ok(Identity { topic, lines: scan.whole.lines, known_lines, broken: scan.broken })
}

/// The import whose lines this file begins with, or which begins with this file's lines.
fn recognise<'a>(
    candidates: &'a [(String, Prefix)],
    scan: &Scan,
    priors: &dyn PriorImports,
) -> io::Result<Option<&'a (String, Prefix)>> {
    for candidate in candidates {
        let (topic, prefix) = candidate;
        let lines = scan.whole.lines;
        let is_it = if prefix.lines <= lines {
            scan.prefixes.contains(prefix)
        } else {
            lines == 0 || priors.mark_after(topic, lines)? == Some(scan.last_mark)
        };
        if is_it {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The account is part of it: the same lines for another account are other events.
fn base_topic(format: &str, default_account: Option<&str>, first_line: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for part in [format.as_bytes(), default_account.unwrap_or_default().as_bytes(), first_line] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut id = hex::encode(hasher.finalize());
    id.truncate(ID_DIGITS);
    format!("import/{format}/{id}")
}

fn variant(base: &str, number: usize) -> String {
    if number == 1 { base.to_owned() } else { format!("{base}-{number}") }
}

/// The topics of files with this first line, and what was imported of them.
fn candidates(base: &str, priors: &dyn PriorImports) -> io::Result<Vec<(String, Prefix)>> {
    let mut found = Vec::new();
    loop {
        let topic = variant(base, found.len() + 1);
        let Some(prefix) = priors.find(&topic)? else { return Ok(found) };
        found.push((topic, prefix));
    }
}

/// Empty for an empty file and for one that is broken before its first line ends.
fn first_line(lines: &mut Lines) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    match lines.next_into(&mut line) {
        Ok(_) => Ok(line),
        Err(error) if is_broken_content(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether the file can be read but its gzip cannot.
fn is_broken_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
    )
}

struct Scan {
    /// The digests after as many lines as were asked for, as far as the file has them.
    prefixes: Vec<Prefix>,
    whole: Prefix,
    last_mark: Mark,
    broken: Option<io::Error>,
}

/// Reads all lines and writes a mark for each.
fn scan(lines: &mut Lines, lengths: &[i64], marks: &mut impl Write) -> io::Result<Scan> {
    let mut hasher = Sha256::new();
    let mut line = Vec::new();
    let mut prefixes = Vec::new();
    let mut last_mark = Mark::default();
    let mut count = 0;
    loop {
        if lengths.contains(&count) {
            prefixes.push(prefix(count, &hasher));
        }
        line.clear();
        match lines.next_into(&mut line) {
            Ok(Some(read)) => {
                add(&mut hasher, &line, read);
                last_mark = mark(&hasher);
                marks.write_all(&last_mark)?;
                count += 1;
            }
            ended => {
                let whole = prefix(count, &hasher);
                return Ok(Scan { prefixes, whole, last_mark, broken: ended.err() });
            }
        }
    }
}

/// Of a line that was cut, its length stands for the rest.
fn add(hasher: &mut Sha256, line: &[u8], read: Line) {
    hasher.update(line);
    if read.is_cut() {
        hasher.update(read.bytes.to_le_bytes());
    }
    hasher.update(b"\n");
}

fn mark(hasher: &Sha256) -> Mark {
    let digest = hasher.clone().finalize();
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest[..MARK_BYTES]);
    mark
}

fn prefix(lines: i64, hasher: &Sha256) -> Prefix {
    Prefix { lines, sha256: hex::encode(hasher.clone().finalize()) }
}
