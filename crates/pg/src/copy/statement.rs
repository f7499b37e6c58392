//! Reading a COPY: `COPY (query) | table [(columns)] TO STDOUT`, with options in parentheses as they are now or in
//! words as they were before PostgreSQL 9.

use callhouse_query::parenthesised;

use super::{CopyOut, Csv, Force, Form};
use crate::command::{Word, Words};
use crate::error::Failure;

/// Options as they are said.
#[derive(Debug, Default)]
struct Options {
    format: Option<String>,
    delimiter: Option<String>,
    null: Option<String>,
    header: bool,
    quote: Option<String>,
    escape: Option<String>,
    force: Option<Force>,
}

/// Reads a statement that begins with COPY; `None` when it does not.
///
/// # Errors
/// What is wrong with it, and anything but rows to the client.
pub(crate) fn read(sql: &str) -> Option<Result<CopyOut, Failure>> {
    let mut words = Words::of(sql);
    let first = words.next()?;
    (first.text == "copy" && !first.quoted).then(|| copy(sql, first.rest))
}

fn copy(sql: &str, after: &str) -> Result<CopyOut, Failure> {
    let mut words = Words::of(after);
    words.skip_space();
    let (query, rest) = if words.rest().starts_with('(') {
        let (query, rest) = parenthesised(words.rest()).ok_or_else(|| syntax("a ) is missing"))?;
        (in_place(sql, query), rest)
    } else {
        table(words)?
    };
    let mut words = Words::of(rest);
    match words.next() {
        Some(to) if to.text == "to" => {}
        Some(from) if from.text == "from" => {
            return Err(Failure::new("25006", "callhouse is read only: no COPY FROM"));
        }
        _ => return Err(syntax("COPY … TO STDOUT is what is answered")),
    }
    let target = words.next().filter(|target| target.text == "stdout" && !target.quoted);
    if target.is_none() {
        let refusal = Failure::new("42501", "rows are copied to the client only: COPY … TO STDOUT");
        return Err(refusal.with_hint("psql writes files itself: \\copy (SELECT …) TO 'file'"));
    }
    let options = options(words)?;
    Ok(CopyOut { query, form: form(options)? })
}

/// The query with space before it, so that a place in it is the place in the whole text.
fn in_place(sql: &str, query: &str) -> String {
    let before = sql.len() - query.len();
    let start = sql.match_indices(query).map(|(at, _)| at).find(|at| *at <= before).unwrap_or_default();
    let (before, _) = sql.split_at(start);
    let space = before.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' });
    space.chain(query.chars()).collect()
}

/// `name`, `schema.name`, with columns or without: a query of it, and what follows.
fn table(mut words: Words<'_>) -> Result<(String, &str), Failure> {
    let quoted = |word: &Word<'_>| {
        let parts = if word.quoted { vec![word.text.as_str()] } else { word.text.split('.').collect() };
        let parts = parts.iter().filter(|part| !part.is_empty());
        parts.map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect::<Vec<_>>().join(".")
    };
    let mut name = String::new();
    loop {
        let word = words.next().ok_or_else(|| syntax("the name of a table is missing"))?;
        name += &quoted(&word);
        // "a"."b" and public."b" come in pieces.
        let dotted = (!word.quoted && word.text.ends_with('.')) || word.rest.starts_with('.');
        if !dotted {
            break;
        }
        name.push('.');
        if word.rest.starts_with('.') {
            words = Words::of(word.rest.get(1..).unwrap_or_default());
        }
    }
    words.skip_space();
    let (columns, rest) = match parenthesised(words.rest()) {
        Some((columns, rest)) => (columns.to_owned(), rest),
        None => ("*".to_owned(), words.rest()),
    };
    Ok((format!("SELECT {columns} FROM {name}"), rest))
}

fn options(words: Words<'_>) -> Result<Options, Failure> {
    let words: Vec<Word<'_>> = words.collect();
    let mut words = words
        .iter()
        .filter(|word| word.quoted || !matches!(word.text.as_str(), "with" | "as" | ";"))
        .peekable();
    let parenthesised = words.next_if(|word| word.text == "(" && !word.quoted).is_some();
    let mut options = Options::default();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().map(|word| word.text.clone()).ok_or_else(|| syntax("an option has no value"));
        match word.text.as_str() {
            "," | ")" => {}
            "format" => options.format = Some(value()?),
            "csv" | "binary" | "text" if !parenthesised => options.format = Some(word.text.clone()),
            "delimiter" | "delimiters" => options.delimiter = Some(value()?),
            "null" => options.null = Some(value()?),
            "quote" => options.quote = Some(value()?),
            "escape" => options.escape = Some(value()?),
            "encoding" => {
                let name = value()?;
                if name.replace(['-', '_'], "").to_lowercase() != "utf8" {
                    return Err(Failure::new("22023", "rows are copied as UTF8"));
                }
            }
            "header" => {
                let switch = words.next_if(|word| {
                    matches!(word.text.as_str(), "true" | "on" | "1" | "false" | "off" | "0")
                });
                options.header = switch.is_none_or(|word| matches!(word.text.as_str(), "true" | "on" | "1"));
            }
            "force_quote" | "force" => {
                words.next_if(|word| word.text == "quote");
                let mut columns = Vec::new();
                let listed = words.next_if(|word| word.text == "(").is_some();
                while let Some(word) = words.next_if(|word| word.quoted || word.text != ")") {
                    if word.text != "," {
                        columns.push(word.text.clone());
                    }
                    let more = words.peek().is_some_and(|next| next.text == ",");
                    if !listed && !more {
                        break;
                    }
                }
                let all = columns.iter().any(|column| column == "*");
                options.force = Some(if all { Force::All } else { Force::Columns(columns) });
            }
            other => return Err(syntax(format!("there is no option {other:?} of COPY TO"))),
        }
    }
    Ok(options)
}

fn form(options: Options) -> Result<Form, Failure> {
    let format = options.format.unwrap_or_else(|| "text".to_owned());
    let one_byte = |value: Option<String>, name: &str, default: u8| match value.as_deref().map(str::as_bytes)
    {
        None => Ok(default),
        // A tab may be written so.
        Some(b"\\t" | b"\t") => Ok(b'\t'),
        Some([byte]) if !matches!(byte, b'\n' | b'\r') => Ok(*byte),
        Some(_) => Err(Failure::new("22023", format!("{name} is one character of one byte"))),
    };
    let csv = format == "csv";
    if !csv && (options.quote.is_some() || options.escape.is_some() || options.force.is_some()) {
        return Err(Failure::new("0A000", "QUOTE, ESCAPE and FORCE_QUOTE are of CSV only"));
    }
    Ok(match format.as_str() {
        "text" => Form::Text {
            delimiter: one_byte(options.delimiter, "DELIMITER", b'\t')?,
            null: options.null.unwrap_or_else(|| "\\N".to_owned()),
            header: options.header,
        },
        "csv" => {
            let quote = one_byte(options.quote, "QUOTE", b'"')?;
            Form::Csv(Csv {
                delimiter: one_byte(options.delimiter, "DELIMITER", b',')?,
                null: options.null.unwrap_or_default(),
                header: options.header,
                quote,
                escape: one_byte(options.escape, "ESCAPE", quote)?,
                force: options.force.unwrap_or(Force::Columns(Vec::new())),
            })
        }
        "binary" if options.header || options.delimiter.is_some() || options.null.is_some() => {
            return Err(Failure::new("42601", "binary rows have no HEADER, DELIMITER or NULL"));
        }
        "binary" => Form::Binary,
        other => {
            return Err(Failure::new("22023", format!("{other:?} is no form of COPY: text, csv, binary")));
        }
    })
}

fn syntax(message: impl Into<String>) -> Failure {
    Failure::new("42601", message)
}
