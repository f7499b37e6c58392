//! Which topic a file is: found from what it holds.
//!
//! The topic's name comes from the first line, so it stays while the file grows. Two files may share their
//! first line; whether this one is the one that was imported is decided by the digests of the lines both have, for
//! which the file is read once before it is taken in. Where they differ, the file gets a topic of its own (`…-2`), so
//! that none of its lines is skipped. A file whose first line was never seen is new without a further look, and its
//! digests are made while it is taken in (`file/marking.rs`).

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use sha2::{Digest, Sha256};

use super::lines::Lines;
use super::marking::Digests;
use super::prior::{Mark, Prefix, PriorImports};

/// Hexadecimal digits of the first line's digest that name the topic: 128 bits.
const ID_DIGITS: usize = 32;

/// A file's topic and the lines to take from it.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) topic: String,
    /// `None` for a file of which nothing is remembered yet.
    pub(super) scanned: Option<Scanned>,
}

/// What reading a file whole has shown.
#[derive(Debug)]
pub(super) struct Scanned {
    /// Lines there were when the file was read; later ones wait for the next import.
    pub(super) lines: i64,
    /// So many lines are known to be the ones imported before under this topic; may be more than the file has.
    pub(super) known_lines: i64,
    /// Why there are no more lines than that, when it is not the file's end.
    pub(super) broken: Option<io::Error>,
}

/// Finds the topic and, unless the file is new, remembers its prefix under it. `read_again` gives the lines anew.
pub(super) fn identify(
    format: &str,
    default_account: Option<&str>,
    priors: &dyn PriorImports,
    mut read_again: impl FnMut() -> io::Result<Lines>,
) -> io::Result<Identity> {
    let first_line = first_line(&mut read_again()?)?;
    let base = base_topic(format, default_account, &first_line);
    let candidates = candidates(&base, priors)?;
    if candidates.is_empty() {
        return Ok(Identity { topic: base, scanned: None });
    }
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
    let scanned = Scanned { lines: scan.whole.lines, known_lines, broken: scan.broken };
    Ok(Identity { topic, scanned: Some(scanned) })
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
    let mut digests = Digests::default();
    let mut line = Vec::new();
    let mut prefixes = Vec::new();
    let mut last_mark = Mark::default();
    loop {
        if lengths.contains(&digests.lines()) {
            prefixes.push(digests.prefix());
        }
        line.clear();
        match lines.next_into(&mut line) {
            Ok(Some(read)) => {
                last_mark = digests.add(&line, read);
                marks.write_all(&last_mark)?;
            }
            ended => {
                return Ok(Scan { prefixes, whole: digests.prefix(), last_mark, broken: ended.err() });
            }
        }
    }
}
