//! Commands of the connection itself.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use callhouse_query::Bound;
use pgwire::messages::response::CommandComplete;
use pgwire::messages::startup::ParameterStatus;

use super::{Session, Transaction};
use crate::command::{Command, Count};
use crate::cursor::{Broken, Cursor};
use crate::encode::Rows;
use crate::error::Failure;
use crate::types;

/// The column of `SHOW`.
pub(super) fn shown(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, false)]))
}

impl Session {
    /// Does what a command says; `describe` says whether its columns are told before its rows, as the simple protocol
    /// has it. `bound` are the values of its parameters and the formats of its rows.
    pub(super) async fn command(
        &mut self,
        command: &Command,
        describe: bool,
        bound: (&[Bound], &[i16]),
    ) -> Result<(), Broken> {
        let (values, formats) = bound;
        let tag = match command {
            Command::Query => "SELECT 0",
            Command::Nothing(tag) => tag,
            Command::Set { name, value } => {
                let change = self.settings.set(name, value.as_deref()).map_err(Broken::Statement)?;
                if let Some((name, value)) = change.status {
                    self.wire.put(&ParameterStatus::new(name, value));
                }
                if let Some(notice) = change.notice {
                    self.notice(&notice);
                }
                "SET"
            }
            Command::Reset(None) => {
                self.settings.reset_all();
                "RESET"
            }
            Command::Reset(Some(name)) => {
                self.settings.set(name, None).map_err(Broken::Statement)?;
                "RESET"
            }
            Command::Show(name) => {
                self.show(name, describe).map_err(Broken::Statement)?;
                "SHOW"
            }
            Command::Begin => {
                if self.transaction == Transaction::None {
                    self.transaction = Transaction::Open;
                } else {
                    self.notice("there is already a transaction in progress");
                }
                "BEGIN"
            }
            Command::Commit | Command::Rollback => {
                let failed = self.transaction == Transaction::Failed;
                self.end_transaction();
                if *command == Command::Commit && !failed { "COMMIT" } else { "ROLLBACK" }
            }
            Command::Discard => {
                self.end_transaction();
                self.cursors.clear();
                self.statements.clear();
                self.settings.reset_all();
                "DISCARD ALL"
            }
            Command::Deallocate(name) => {
                match name {
                    Some(name) => drop(self.statements.remove(name)),
                    None => self.statements.clear(),
                }
                "DEALLOCATE"
            }
            Command::Close(name) => {
                match name {
                    Some(name) => {
                        self.cursors.remove(name).ok_or_else(|| no_cursor(name))?;
                    }
                    None => self.cursors.clear(),
                }
                "CLOSE CURSOR"
            }
            Command::Declare { name, hold, query } => {
                self.declare(name, *hold, query, values).await?;
                "DECLARE CURSOR"
            }
            Command::Fetch { name, count, silent } => {
                return self.fetch(name, (*count, *silent), describe, formats).await;
            }
            Command::Copy(Ok(copy)) => return self.copy(copy).await,
            Command::Copy(Err(failure)) => return Err(Broken::Statement(failure.clone())),
        };
        self.wire.put(&CommandComplete::new(tag.to_owned()));
        Ok(())
    }

    fn end_transaction(&mut self) {
        self.transaction = Transaction::None;
        self.portals.clear();
        self.cursors.retain(|_, (_, hold)| *hold);
    }

    fn show(&mut self, name: &str, describe: bool) -> Result<(), Failure> {
        let value = self.settings.get(name).map(str::to_owned);
        let value = value.ok_or_else(|| Failure::new("42704", format!("there is no setting {name:?}")))?;
        let schema = shown(name);
        if describe {
            self.wire.put(&types::describe(&schema, &[]));
        }
        let column: ArrayRef = Arc::new(StringArray::from(vec![value]));
        let rows = RecordBatch::try_new(schema, vec![column]).and_then(|batch| Rows::new(&batch, &[]));
        rows.map_err(|error| Failure::new("XX000", error.to_string()))?.write(0, self.wire.output());
        Ok(())
    }

    async fn declare(&mut self, name: &str, hold: bool, query: &str, values: &[Bound]) -> Result<(), Broken> {
        if self.transaction == Transaction::None && !hold {
            let failure = Failure::new("25P01", "DECLARE CURSOR can only be used in transaction blocks");
            return Err(Broken::Statement(failure.with_hint("BEGIN first, or declare it WITH HOLD")));
        }
        if self.cursors.contains_key(name) {
            let failure = Failure::new("42P03", format!("cursor {name:?} already exists"));
            return Err(Broken::Statement(failure));
        }
        let cursor = Cursor::new(self.open(query, values).await?, Vec::new());
        self.cursors.insert(name.to_owned(), (cursor, hold));
        Ok(())
    }

    async fn fetch(
        &mut self,
        name: &str,
        (count, silent): (Count, bool),
        describe: bool,
        formats: &[i16],
    ) -> Result<(), Broken> {
        let limit = match count {
            Count::Rows(rows) => Some(rows),
            Count::All => None,
            Count::Backward => {
                return Err(Broken::Statement(Failure::new("55000", "cursors only go forward")));
            }
        };
        // Taken out while it is read, so that one that fails is gone.
        let (mut cursor, hold) = self.cursors.remove(name).ok_or_else(|| no_cursor(name))?;
        cursor.set_formats(formats);
        if describe && !silent {
            let description = types::describe(cursor.schema(), &[]);
            self.wire.put(&description);
        }
        // A request to cancel that came before this command was meant for another.
        self.entry.forget();
        let portion = self.send(&mut cursor, limit, silent).await?;
        self.cursors.insert(name.to_owned(), (cursor, hold));
        let verb = if silent { "MOVE" } else { "FETCH" };
        self.wire.put(&CommandComplete::new(format!("{verb} {}", portion.rows)));
        Ok(())
    }

    /// The columns of a command's answer, if it has any.
    pub(super) fn columns_of(&self, command: &Command) -> Option<SchemaRef> {
        match command {
            Command::Show(name) => Some(shown(name)),
            Command::Fetch { name, silent: false, .. } => {
                self.cursors.get(name).map(|(cursor, _)| SchemaRef::clone(cursor.schema()))
            }
            _ => None,
        }
    }
}

fn no_cursor(name: &str) -> Broken {
    Broken::Statement(Failure::new("34000", format!("cursor {name:?} does not exist")))
}
