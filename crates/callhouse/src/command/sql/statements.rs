//! Statements out of a text that comes line by line.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, Lines};

/// The statements of a text, each ended by a `;` at the end of a line or by the end of the text.
pub(super) struct Statements<R> {
    lines: Lines<R>,
}

impl<R: AsyncBufRead + Unpin> Statements<R> {
    pub(super) fn new(text: R) -> Self {
        Self { lines: text.lines() }
    }

    /// The next statement, its `;` left out; blank ones are passed over.
    pub(super) async fn next(&mut self) -> io::Result<Option<String>> {
        let mut statement = String::new();
        while let Some(line) = self.lines.next_line().await? {
            statement.push_str(&line);
            statement.push('\n');
            if let Some(whole) = statement.trim_end().strip_suffix(';') {
                if !whole.trim().is_empty() {
                    return Ok(Some(whole.trim().to_owned()));
                }
                statement.clear();
            }
        }
        let rest = statement.trim();
        Ok((!rest.is_empty()).then(|| rest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn statements_end_at_a_semicolon_at_the_end_of_a_line_or_of_the_text() {
        let text = "SELECT ';',\n  1; \n;\n\nSELECT 2;\nSELECT\n3\n";
        let mut statements = Statements::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(statement) = statements.next().await.unwrap() {
            seen.push(statement);
        }
        assert_eq!(seen, ["SELECT ';',\n  1", "SELECT 2", "SELECT\n3"]);
    }
}
