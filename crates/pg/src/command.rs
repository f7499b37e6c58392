//! Statements that are of the connection and not of the engine: settings, transactions, cursors, copies.

use crate::copy::{self, CopyOut};
use crate::error::Failure;

/// A statement of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// For the engine room.
    Query,
    Set {
        name: String,
        value: Option<String>,
    },
    /// `None` is all.
    Reset(Option<String>),
    Show(String),
    Begin,
    Commit,
    Rollback,
    /// Nothing to do; answered with its tag.
    Nothing(&'static str),
    /// `DISCARD ALL` and the like.
    Discard,
    /// `None` is all.
    Deallocate(Option<String>),
    Declare {
        name: String,
        hold: bool,
        query: String,
    },
    Fetch {
        name: String,
        count: Count,
        silent: bool,
    },
    /// `None` is all.
    Close(Option<String>),
    /// A copy to the client, or why it is none.
    Copy(Result<Box<CopyOut>, Failure>),
}

/// How far a cursor goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Rows(u64),
    All,
    /// Cursors only go forward.
    Backward,
}

/// A word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// In lower case unless quoted.
    pub(crate) text: String,
    pub(crate) quoted: bool,
    /// What follows it.
    pub(crate) rest: &'a str,
}

/// Words, quoted names, quoted texts and single other characters; comments are left out.
pub(crate) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(crate) const fn of(rest: &'a str) -> Self {
        Self { rest }
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Goes past space and comments.
    pub(crate) fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(line) = self.rest.strip_prefix("--") {
                self.rest = line.split_once('\n').map_or("", |(_, after)| after);
            } else if let Some(block) = self.rest.strip_prefix("/*") {
                self.rest = block.split_once("*/").map_or("", |(_, after)| after);
            } else {
                return;
            }
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.skip_space();
        let first = self.rest.chars().next()?;
        let quoted = first == '"' || first == '\'';
        let (text, rest) = if quoted {
            let mut text = String::new();
            let mut letters = self.rest.char_indices().skip(1).peekable();
            let mut end = self.rest.len();
            while let Some((at, letter)) = letters.next() {
                if letter != first {
                    text.push(letter);
                } else if letters.next_if(|(_, next)| *next == first).is_some() {
                    text.push(first);
                } else {
                    end = at + first.len_utf8();
                    break;
                }
            }
            (text, self.rest.get(end..).unwrap_or_default())
        } else {
            let of_word =
                |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '$' | '-' | '+');
            let end = self.rest.find(|letter| !of_word(letter)).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end.max(first.len_utf8()));
            (word.to_lowercase(), rest)
        };
        self.rest = rest;
        Some(Word { text, quoted, rest })
    }
}

/// What a statement is.
pub(crate) fn classify(sql: &str) -> Command {
    let words: Vec<Word<'_>> = Words { rest: sql }.take(32).collect();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    match texts.as_slice() {
        ["set", "session", "characteristics", ..] | ["set", "transaction" | "constraints", ..] => {
            Command::Nothing("SET")
        }
        ["set", "session" | "local", rest @ ..] | ["set", rest @ ..] => set(rest),
        ["reset", "all"] => Command::Reset(None),
        ["reset", name] => Command::Reset(Some((*name).to_owned())),
        ["show", "transaction", "isolation", "level"] => Command::Show("transaction_isolation".to_owned()),
        ["show", "time", "zone"] => Command::Show("timezone".to_owned()),
        ["show", name] if !matches!(*name, "tables" | "columns" | "functions") => {
            Command::Show((*name).to_owned())
        }
        ["begin", ..] | ["start", "transaction", ..] => Command::Begin,
        ["commit", ..] | ["end", ..] => Command::Commit,
        ["rollback", "to", ..] => Command::Nothing("ROLLBACK"),
        ["rollback", ..] | ["abort", ..] => Command::Rollback,
        ["savepoint", ..] => Command::Nothing("SAVEPOINT"),
        ["release", ..] => Command::Nothing("RELEASE"),
        ["unlisten", ..] => Command::Nothing("UNLISTEN"),
        ["listen", ..] => Command::Nothing("LISTEN"),
        ["discard", ..] => Command::Discard,
        ["deallocate", "prepare", name] | ["deallocate", name] => Command::Deallocate(unless_all(name)),
        ["close", name] => Command::Close(unless_all(name)),
        ["declare", name, ..] => declare(name, &words),
        ["copy", ..] => copy::read(sql).map_or(Command::Query, |read| Command::Copy(read.map(Box::new))),
        ["fetch", rest @ ..] => fetch(rest, false),
        ["move", rest @ ..] => fetch(rest, true),
        _ => Command::Query,
    }
}

fn unless_all(name: &str) -> Option<String> {
    (name != "all").then(|| name.to_owned())
}

fn set(words: &[&str]) -> Command {
    let (name, value) = match words {
        ["time", "zone", value @ ..] => ("timezone", value),
        ["names", value @ ..] => ("client_encoding", value),
        [name, "to" | "=", value @ ..] => (*name, value),
        _ => return Command::Query,
    };
    let value = match value {
        ["default"] => None,
        parts => Some(parts.iter().filter(|part| **part != ",").copied().collect::<Vec<_>>().join(", ")),
    };
    Command::Set { name: name.to_owned(), value }
}

/// `DECLARE name … CURSOR … FOR query`.
fn declare(name: &str, words: &[Word<'_>]) -> Command {
    let before_query = words.iter().position(|word| word.text == "for");
    let Some(query) = before_query.and_then(|index| words.get(index)).map(|word| word.rest) else {
        return Command::Query;
    };
    let hold = words
        .windows(2)
        .any(|pair| matches!(pair, [with, hold] if with.text == "with" && hold.text == "hold"));
    Command::Declare { name: name.to_owned(), hold, query: query.trim().trim_end_matches(';').to_owned() }
}

fn fetch(words: &[&str], silent: bool) -> Command {
    let (words, name) = match words {
        [before @ .., "from" | "in", name] => (before, *name),
        [before @ .., name] => (before, *name),
        [] => return Command::Query,
    };
    let count = match words {
        [] | ["next" | "forward"] => Some(Count::Rows(1)),
        ["all"] | ["forward", "all"] => Some(Count::All),
        [count] | ["forward", count] => match count.parse::<i64>() {
            Ok(rows) => Some(u64::try_from(rows).map_or(Count::Backward, Count::Rows)),
            Err(_) => Some(Count::Backward),
        },
        _ => Some(Count::Backward),
    };
    count.map_or(Command::Query, |count| Command::Fetch { name: name.to_owned(), count, silent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_the_connection_is_told_from_queries() {
        let set = |name: &str, value: Option<&str>| Command::Set {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        for (sql, wanted) in [
            ("SELECT 1", Command::Query),
            ("/* x */ -- y\n BEGIN READ ONLY", Command::Begin),
            ("SET application_name = 'a ''b'", set("application_name", Some("a 'b"))),
            ("SET SESSION statement_timeout TO 5000", set("statement_timeout", Some("5000"))),
            ("SET DateStyle = ISO, MDY", set("datestyle", Some("iso, mdy"))),
            ("set time zone 'Europe/Paris'", set("timezone", Some("Europe/Paris"))),
            ("SET x TO DEFAULT", set("x", None)),
            ("SHOW TRANSACTION ISOLATION LEVEL", Command::Show("transaction_isolation".to_owned())),
            ("SHOW TABLES", Command::Query),
            ("DEALLOCATE ALL", Command::Deallocate(None)),
            ("CLOSE \"My C\"", Command::Close(Some("My C".to_owned()))),
        ] {
            assert_eq!(classify(sql), wanted, "{sql}");
        }
    }

    #[test]
    fn cursors_are_read_as_clients_write_them() {
        let query = "SELECT 'for' FROM calls".to_owned();
        let declared = Command::Declare { name: "c".to_owned(), hold: true, query };
        let sql = "DECLARE \"c\" NO SCROLL CURSOR WITH HOLD FOR\nSELECT 'for' FROM calls;";
        assert_eq!(classify(sql), declared);
        for (sql, count) in [
            ("FETCH c", Count::Rows(1)),
            ("FETCH FORWARD 100 FROM c", Count::Rows(100)),
            ("FETCH 7 IN \"c\"", Count::Rows(7)),
            ("FETCH ALL FROM c", Count::All),
            ("FETCH FORWARD ALL FROM c", Count::All),
            ("FETCH BACKWARD 1 FROM c", Count::Backward),
            ("FETCH -1 FROM c", Count::Backward),
            ("FETCH PRIOR FROM c", Count::Backward),
        ] {
            assert_eq!(classify(sql), Command::Fetch { name: "c".to_owned(), count, silent: false }, "{sql}");
        }
    }
}
