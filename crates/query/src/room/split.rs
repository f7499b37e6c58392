//! Texts of several statements, cut where a `;` or a `)` is not in a text, a name or a comment.
//!
//! Knows what PostgreSQL has: doubled quotes, `E'…'`, `$tag$…$tag$`, comments in comments. What has no end goes to the end.

/// The statements of a text without their semicolons; those of nothing but space and comments are left out.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut rest = text;
    loop {
        let (statement, after) =
            first_statement(rest).map_or((rest.trim(), None), |(one, after)| (one, Some(after)));
        if !is_blank(statement) {
            statements.push(statement.to_owned());
        }
        let Some(after) = after else { return statements };
        rest = after;
    }
}

/// The first statement of a text without its `;`, and what follows; `None` when it has no `;` yet.
#[must_use]
pub fn first_statement(text: &str) -> Option<(&str, &str)> {
    let end = find(text, |letter, _| letter == ';')?;
    let (statement, after) = text.split_at(end);
    Some((statement.trim(), after.split_at(1).1))
}

/// What is between the `(` a text begins with and its `)`, and what follows; `None` when there are none.
#[must_use]
pub fn parenthesised(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('(')?;
    let mut depth = 1_u32;
    let end = find(inside, |letter, _| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let (inside, after) = inside.split_at(end);
    Some((inside, after.split_at(1).1))
}

/// True when there is nothing but space and comments.
fn is_blank(text: &str) -> bool {
    find(text, |letter, _| !letter.is_whitespace()).is_none()
}

/// Where the first letter is that is wanted, and in no text, name or comment. A text or name is seen as the letter it
/// begins with.
fn find(text: &str, mut wanted: impl FnMut(char, usize) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let letter = rest.chars().next()?;
        if let Some(comment) = comment(rest) {
            at += comment;
            continue;
        }
        if wanted(letter, at) {
            return Some(at);
        }
        at += match letter {
            '\'' => 1 + behind_quote(rest.get(1..)?, '\'', escapes(text.get(..at)?))?,
            '"' => 1 + behind_quote(rest.get(1..)?, '"', false)?,
            '$' if !ends_a_word(text.get(..at)?) => behind_dollars(rest)?,
            letter => letter.len_utf8(),
        };
    }
    None
}

/// Bytes of the comment a text begins with; one without an end goes to the end.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return Some(text.find('\n').map_or(text.len(), |end| end + 1));
    }
    let mut rest = text.strip_prefix("/*")?;
    // Comments of PostgreSQL may lie in each other.
    let mut depth = 1_u32;
    while depth > 0 {
        let Some(at) = rest.find("*/").min(rest.find("/*").or(Some(usize::MAX))) else {
            return Some(text.len());
        };
        let found = rest.get(at..)?;
        if found.starts_with("*/") {
            depth -= 1
        } else {
            depth += 1
        }
        rest = found.get(2..)?;
    }
    Some(text.len() - rest.len())
}

/// Bytes to behind the closing quote. A doubled one is seen as the end of one text and the beginning of the next,
/// which comes to the same.
fn behind_quote(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut letters = text.char_indices();
    loop {
        match letters.next()? {
            (_, '\\') if escapes => drop(letters.next()),
            (at, letter) if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
}

/// Whether the quote behind this text begins an `E'…'`, in which a backslash hides a quote.
fn escapes(before: &str) -> bool {
    before.strip_suffix(['e', 'E']).is_some_and(|before| !ends_a_word(before))
}

fn ends_a_word(text: &str) -> bool {
    text.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$')
}

/// Bytes to behind `$$…$$` or `$tag$…$tag$`; of `$1` one.
fn behind_dollars(text: &str) -> Option<usize> {
    let of_tag = |letter: char| letter.is_alphanumeric() || letter == '_';
    let inside = text.get(1..)?;
    let tag = inside
        .find(|letter| !of_tag(letter))
        .filter(|end| inside.get(*end..).is_some_and(|rest| rest.starts_with('$')));
    let Some(end) = tag.filter(|_| !inside.starts_with(|first: char| first.is_ascii_digit())) else {
        return Some(1);
    };
    let (tag, body) = text.split_at(end + 2);
    Some(body.find(tag)? + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_cut_at_semicolons_that_are_not_in_texts_or_comments() {
        assert_eq!(
            split("SELECT ';'; -- ; \nSELECT \"a;\"\"b\", 'it''s', $$;$$ /* ; */;;"),
            ["SELECT ';'", "-- ; \nSELECT \"a;\"\"b\", 'it''s', $$;$$ /* ; */"]
        );
        assert!(split(" -- nothing\n ").is_empty() && split(" ; ;/* x */").is_empty());
        assert_eq!(split("SELECT 'open; SELECT 2"), ["SELECT 'open; SELECT 2"]);
        assert_eq!(split("SELECT E'\\';\\n'; SELECT 2"), ["SELECT E'\\';\\n'", "SELECT 2"]);
    }

    #[test]
    fn a_statement_ends_at_a_semicolon_that_is_not_inside_of_anything() {
        for (text, wanted) in [
            ("SELECT 1; rest", Some(("SELECT 1", " rest"))),
            ("SELECT ';', 'it''s;' ;\n", Some(("SELECT ';', 'it''s;'", "\n"))),
            ("SELECT 1 -- ;\n;", Some(("SELECT 1 -- ;", ""))),
            ("SELECT /* ; /* ; */ ; */ 2;", Some(("SELECT /* ; /* ; */ ; */ 2", ""))),
            ("SELECT $$;$$, $a$ $$; $a$;", Some(("SELECT $$;$$, $a$ $$; $a$", ""))),
            ("SELECT $1 + $2, a$b;", Some(("SELECT $1 + $2, a$b", ""))),
            ("SELECT name'\\';", Some(("SELECT name'\\'", ""))),
            ("SELECT 4/2-1*3;", Some(("SELECT 4/2-1*3", ""))),
            (";", Some(("", ""))),
            ("SELECT 1", None),
            ("SELECT ';", None),
            ("SELECT \"é;", None),
            ("SELECT 1 -- ;", None),
            ("SELECT /* /* ; */", None),
            ("SELECT $x$ ; $$", None),
        ] {
            assert_eq!(first_statement(text), wanted, "{text}");
        }
    }

    #[test]
    fn parentheses_are_matched_where_they_are_not_in_texts() {
        assert_eq!(
            parenthesised("(SELECT ')', (1), \")\" /* ) */) TO"),
            Some(("SELECT ')', (1), \")\" /* ) */", " TO"))
        );
        assert_eq!(parenthesised("(SELECT (1)"), None);
        assert_eq!(parenthesised("SELECT (1)"), None);
    }
}
