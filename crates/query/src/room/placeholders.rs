//! Parameters as JDBC, ODBC and ADBC write them, `?`, numbered as the planner wants them, `$1`, `$2`, ….

use std::borrow::Cow;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

/// The statement with its question marks numbered in order; those in texts, names and comments are left alone. One that
/// numbers its parameters itself, or has none, is left as it is.
///
/// No operator of ours has a question mark, so one that touches another operator (`?-1`) is a parameter, too.
#[must_use]
pub fn numbered(sql: &str) -> Cow<'_, str> {
    if !sql.contains('?') {
        return Cow::Borrowed(sql);
    }
    // What cannot be cut into tokens is for the parser to complain of.
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else {
        return Cow::Borrowed(sql);
    };
    if tokens.iter().any(|token| matches!(token.token, Token::Placeholder(_))) {
        return Cow::Borrowed(sql);
    }
    let marks: Vec<Location> =
        tokens.iter().filter(|token| is_mark(&token.token)).map(|token| token.span.start).collect();
    let mut made = String::with_capacity(sql.len() + marks.len() * 2);
    let mut marks = marks.iter().enumerate().peekable();
    let (mut line, mut column) = (1, 1);
    for letter in sql.chars() {
        let here = Location { line, column };
        match marks.next_if(|(_, mark)| **mark == here) {
            Some((index, _)) => made.push_str(&format!("${}", index + 1)),
            None => made.push(letter),
        }
        (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    Cow::Owned(made)
}

const fn is_mark(token: &Token) -> bool {
    matches!(
        token,
        Token::Question
            | Token::QuestionPipe
            | Token::QuestionAnd
            | Token::QuestionMarkDash
            | Token::QuestionMarkSharp
            | Token::QuestionMarkDashVerticalBar
            | Token::QuestionMarkDoubleVerticalBar
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_are_numbered_where_they_are_parameters() {
        for (given, wanted) in [
            ("SELECT ?, ?", "SELECT $1, $2"),
            ("SELECT '?', \"?\", $$?$$ -- ?\n, ? /* ? */", "SELECT '?', \"?\", $$?$$ -- ?\n, $1 /* ? */"),
            ("SELECT é\n, ?\r\n WHERE x=?::int", "SELECT é\n, $1\r\n WHERE x=$2::int"),
            ("SELECT ?-1, ?||'x', E'\\'?', ?", "SELECT $1-1, $2||'x', E'\\'?', $3"),
            ("SELECT $1, '?'", "SELECT $1, '?'"),
            ("SELECT 'open ?", "SELECT 'open ?"),
            ("SELECT 1", "SELECT 1"),
        ] {
            assert_eq!(numbered(given), wanted);
        }
    }
}
