//! A text of several statements, cut at the semicolons between them.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// The statements of a text without their semicolons; those of nothing but space and comments are left out. A text
/// that cannot be cut into words is one statement, of which the parser will complain.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).with_unescape(false).tokenize() else {
        return vec![text.to_owned()];
    };
    if !tokens.contains(&Token::SemiColon) {
        let blank = tokens.iter().all(|token| matches!(token, Token::Whitespace(_)));
        return if blank { Vec::new() } else { vec![text.to_owned()] };
    }
    // The tokenizer resolves their escapes, so they could not be written again as they were. Such a text is left
    // whole, and refused for being several statements.
    if tokens.iter().any(|token| matches!(token, Token::EscapedStringLiteral(_))) {
        return vec![text.to_owned()];
    }
    let mut statements = Vec::new();
    for tokens in tokens.split(|token| *token == Token::SemiColon) {
        if tokens.iter().any(|token| !matches!(token, Token::Whitespace(_))) {
            statements.push(tokens.iter().map(ToString::to_string).collect::<String>().trim().to_owned());
        }
    }
    statements
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
        assert!(split(" -- nothing\n ").is_empty() && split(" ; ;").is_empty());
        assert_eq!(split("SELECT 'open"), ["SELECT 'open"]);
        assert_eq!(split("SELECT E'\\n'; SELECT 2"), ["SELECT E'\\n'; SELECT 2"]);
    }
}
