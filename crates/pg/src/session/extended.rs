//! The extended protocol: Parse, Bind, Describe, Execute, Close.

use std::io;
use std::sync::Arc;

use pgwire::messages::PgWireFrontendMessage;
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, PortalSuspended,
    TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};

use super::Session;
use crate::command::{Command, classify};
use crate::cursor::{Broken, Cursor};
use crate::error::Failure;
use crate::portal::{Portal, Statement};
use crate::receive;
use crate::types::{self, oid};

/// Most parameters of a statement: what Bind can count.
const MAX_PARAMETERS: usize = 65_535;

impl Session {
    pub(super) async fn extended(&mut self, message: PgWireFrontendMessage) -> io::Result<()> {
        let mut sql = String::new();
        let answered = match message {
            PgWireFrontendMessage::Parse(parse) => {
                sql.clone_from(&parse.query);
                self.parse(parse).await
            }
            PgWireFrontendMessage::Bind(bind) => self.bind(bind),
            PgWireFrontendMessage::Describe(describe) => self.describe(&describe),
            PgWireFrontendMessage::Execute(execute) => Box::pin(self.execute(&execute)).await,
            PgWireFrontendMessage::Close(close) => {
                self.close(&close);
                Ok(())
            }
            _ => Err(Broken::Statement(Failure::new("08P01", "that message is not expected here"))),
        };
        match answered {
            Ok(()) => self.wire.flush_some().await,
            Err(Broken::Statement(failure)) => {
                self.fail(&failure, &sql);
                self.skipping = true;
                Ok(())
            }
            Err(Broken::Connection(error)) => Err(error),
        }
    }

    async fn parse(&mut self, parse: Parse) -> Result<(), Broken> {
        let command = classify(&parse.query);
        let ends = matches!(command, Command::Commit | Command::Rollback);
        self.may_run(ends).map_err(Broken::Statement)?;
        if parse.type_oids.len() > MAX_PARAMETERS {
            return Err(Broken::Statement(Failure::new("54000", "too many parameters")));
        }
        let blank = callhouse_query::split(&parse.query).is_empty();
        let (mut inferred, mut schema) = (Vec::new(), None);
        // A cursor takes the parameters of its query and gives no rows yet.
        let question = match &command {
            Command::Query if !blank => Some(parse.query.as_str()),
            Command::Declare { query, .. } if !parse.type_oids.is_empty() => Some(query.as_str()),
            _ => None,
        };
        if let Some(question) = question {
            let described = self.shared.room.describe(&self.caller, question);
            let described = tokio::select! {
                described = described => described.map_err(|error| Broken::Statement(Failure::of(error)))?,
                () = self.wire.gone() => {
                    return Err(Broken::Connection(io::ErrorKind::ConnectionAborted.into()));
                }
            };
            inferred = described.parameters;
            schema = (command == Command::Query).then_some(described.schema);
        }
        let statement =
            Statement { sql: parse.query, command, declared: parse.type_oids, inferred, schema, blank };
        self.statements.insert(parse.name.unwrap_or_default(), Arc::new(statement));
        self.wire.put(&ParseComplete::new());
        Ok(())
    }

    fn statement(&self, name: Option<&String>) -> Result<Arc<Statement>, Broken> {
        let name = name.map_or("", String::as_str);
        self.statements.get(name).map(Arc::clone).ok_or_else(|| {
            Broken::Statement(Failure::new("26000", format!("prepared statement {name:?} does not exist")))
        })
    }

    fn bind(&mut self, bind: Bind) -> Result<(), Broken> {
        let statement = self.statement(bind.statement_name.as_ref())?;
        let wanted = parameter_types(&statement);
        if bind.parameters.len() != wanted.len() {
            let (given, wanted) = (bind.parameters.len(), wanted.len());
            let message = format!("the statement has {wanted} parameters and {given} values came");
            return Err(Broken::Statement(Failure::new("08P01", message)));
        }
        let values = bind.parameters.iter().zip(&wanted).enumerate().map(|(index, (value, type_id))| {
            let format = types::format(&bind.parameter_format_codes, index);
            receive::bound(value.as_ref(), *type_id, format, index + 1)
        });
        let values = values.collect::<Result<Vec<_>, _>>().map_err(Broken::Statement)?;
        let formats = bind.result_column_format_codes;
        let portal = Portal { statement, values, formats, cursor: None, finished: false };
        self.portals.insert(bind.portal_name.unwrap_or_default(), portal);
        self.wire.put(&BindComplete::new());
        Ok(())
    }

    fn describe(&mut self, describe: &Describe) -> Result<(), Broken> {
        let (statement, formats) = if describe.target_type == TARGET_TYPE_BYTE_STATEMENT {
            let statement = self.statement(describe.name.as_ref())?;
            self.wire.put(&ParameterDescription::new(parameter_types(&statement)));
            (statement, Vec::new())
        } else {
            let name = describe.name.as_deref().unwrap_or_default();
            // A cursor is a portal of that name: psycopg asks for its columns so.
            if let Some((cursor, _)) = self.cursors.get(name) {
                let description = types::describe(cursor.schema(), &[]);
                self.wire.put(&description);
                return Ok(());
            }
            let portal = self.portals.get(name);
            let portal = portal.ok_or_else(|| no_portal(describe.name.as_ref()))?;
            (Arc::clone(&portal.statement), portal.formats.clone())
        };
        let columns = statement.schema.clone().or_else(|| self.columns_of(&statement.command));
        match columns {
            Some(schema) => self.wire.put(&types::describe(&schema, &formats)),
            None => self.wire.put(&NoData::new()),
        }
        Ok(())
    }

    async fn execute(&mut self, execute: &Execute) -> Result<(), Broken> {
        let name = execute.name.clone().unwrap_or_default();
        // Taken out while it runs, so that one that fails is gone.
        let mut portal = self.portals.remove(&name).ok_or_else(|| no_portal(execute.name.as_ref()))?;
        let statement = Arc::clone(&portal.statement);
        if statement.blank {
            self.wire.put(&EmptyQueryResponse::new());
            return Ok(());
        }
        let ends = matches!(statement.command, Command::Commit | Command::Rollback);
        self.may_run(ends).map_err(Broken::Statement)?;
        if statement.command != Command::Query {
            let bound = (portal.values.as_slice(), portal.formats.as_slice());
            return self.command(&statement.command, false, bound).await;
        }
        let mut cursor = match portal.cursor.take() {
            Some(cursor) => cursor,
            None if portal.finished => {
                self.wire.put(&CommandComplete::new("SELECT 0".to_owned()));
                self.portals.insert(name, portal);
                return Ok(());
            }
            None => {
                let answer = self.open(&statement.sql, &portal.values).await?;
                Cursor::new(answer, portal.formats.clone())
            }
        };
        let limit = u64::try_from(execute.max_rows).ok().filter(|rows| *rows > 0);
        let portion = self.send(&mut cursor, limit, false).await?;
        if portion.ended {
            self.wire.put(&CommandComplete::new(format!("SELECT {}", portion.rows)));
            portal.finished = true;
        } else {
            self.wire.put(&PortalSuspended::new());
            portal.cursor = Some(cursor);
        }
        self.portals.insert(name, portal);
        Ok(())
    }

    fn close(&mut self, close: &Close) {
        let name = close.name.as_deref().unwrap_or_default();
        if close.target_type == TARGET_TYPE_BYTE_STATEMENT {
            self.statements.remove(name);
        } else {
            self.portals.remove(name);
        }
        self.wire.put(&CloseComplete::new());
    }
}

/// The types parameters are read as: what the client says, else what the statement says, else text.
fn parameter_types(statement: &Statement) -> Vec<u32> {
    let count = statement.declared.len().max(statement.inferred.len());
    let types = (0..count).map(|index| {
        let declared = statement.declared.get(index).copied().filter(|declared| *declared != 0);
        let inferred = statement.inferred.get(index).and_then(Option::as_ref);
        declared.or_else(|| inferred.map(|data_type| types::of(data_type).0)).unwrap_or(oid::TEXT)
    });
    types.collect()
}

fn no_portal(name: Option<&String>) -> Broken {
    let name = name.map_or("", String::as_str);
    Broken::Statement(Failure::new("34000", format!("portal {name:?} does not exist")))
}
