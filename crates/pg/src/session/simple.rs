//! The simple protocol: a text of statements, each answered in turn until one fails.

use std::io;

use callhouse_query::split;
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};

use super::Session;
use crate::command::{Command, classify};
use crate::cursor::{Broken, Cursor};
use crate::types;

/// Stands for bytes that are no UTF-8, once a text was read.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

impl Session {
    pub(super) async fn simple(&mut self, text: &str) -> io::Result<()> {
        let statements = split(text);
        if statements.is_empty() {
            self.wire.put(&EmptyQueryResponse::new());
            return Ok(());
        }
        let alone = statements.len() == 1;
        for statement in &statements {
            // Places in errors are those of the text the client has.
            let shown = if alone { text } else { statement };
            let answered = Box::pin(self.one(statement, shown)).await;
            match answered {
                Ok(()) => {}
                Err(Broken::Statement(failure)) => {
                    self.fail(&failure, shown);
                    return Ok(());
                }
                Err(Broken::Connection(error)) => return Err(error),
            }
        }
        Ok(())
    }

    async fn one(&mut self, statement: &str, shown: &str) -> Result<(), Broken> {
        if statement.contains(REPLACEMENT) {
            let failure = crate::error::Failure::new("22021", "the statement is not UTF-8, or holds U+FFFD");
            return Err(Broken::Statement(failure));
        }
        let mut command = classify(statement);
        if matches!(command, Command::Copy(_)) {
            // Of the text the client has, so that places in the copied query are right.
            command = classify(shown);
        }
        let ends = matches!(command, Command::Commit | Command::Rollback);
        self.may_run(ends).map_err(Broken::Statement)?;
        if command != Command::Query {
            return self.command(&command, true, (&[], &[])).await;
        }
        let mut cursor = Cursor::new(self.open(shown, &[]).await?, Vec::new());
        let description = types::describe(cursor.schema(), &[]);
        self.wire.put(&description);
        let portion = self.send(&mut cursor, None, false).await?;
        self.wire.put(&CommandComplete::new(format!("SELECT {}", portion.rows)));
        Ok(())
    }
}
