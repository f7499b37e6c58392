//! One connection: messages in, answers out, and what is remembered between them.

mod commands;
mod copying;
mod extended;
mod simple;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use callhouse_lake::accounts::{AccessScope, Credential, Principal};
use callhouse_query::{Bound, Caller, Rows, Scope};
use futures::FutureExt;
use pgwire::messages::PgWireFrontendMessage;
use pgwire::messages::response::{NoticeResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::startup::{BackendKeyData, ParameterStatus, SecretKey};

use crate::cancel::Entry;
use crate::cursor::{Broken, Cursor, Portion};
use crate::error::Failure;
use crate::portal::{Portal, Statement};
use crate::serve::Shared;
use crate::settings::Settings;
use crate::startup::Admitted;
use crate::wire::Wire;

/// Statements, portals and cursors a connection may have.
const MAX_KEPT: usize = 1_000;

/// Where a transaction is. It holds nothing back: every statement reads what is there when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    Failed,
}

pub(crate) struct Session {
    wire: Wire,
    shared: Arc<Shared>,
    caller: Caller,
    credential: Credential,
    settings: Settings,
    entry: Entry,
    transaction: Transaction,
    statements: HashMap<String, Arc<Statement>>,
    portals: HashMap<String, Portal>,
    /// With whether they outlive their transaction.
    cursors: HashMap<String, (Cursor, bool)>,
    /// Messages are passed over until the next Sync.
    skipping: bool,
}

impl Session {
    pub(crate) fn new(admitted: Admitted, shared: &Arc<Shared>) -> Self {
        let Admitted { mut wire, principal, parameters } = admitted;
        let (caller, credential) = (caller(&principal), principal.credential);
        let mut settings = Settings::default();
        settings.put("session_authorization", &caller.name);
        for (name, value) in parameters {
            // Drivers ask for what only they know; what is not ours is passed over.
            if name != "user" && name != "database" && name != "options" {
                drop(settings.set(&name, Some(&value)));
            }
        }
        let entry = shared.registry.enter();
        for (name, value) in settings.reported() {
            wire.put(&ParameterStatus::new(name.to_owned(), value));
        }
        wire.put(&BackendKeyData::new(entry.pid, SecretKey::I32(entry.secret)));
        let shared = Arc::clone(shared);
        Self {
            wire,
            shared,
            caller,
            credential,
            settings,
            entry,
            transaction: Transaction::None,
            statements: HashMap::new(),
            portals: HashMap::new(),
            cursors: HashMap::new(),
            skipping: false,
        }
    }

    /// Answers messages until the client ends or breaks the connection.
    ///
    /// # Errors
    /// When it breaks.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        self.ready();
        self.wire.flush().await?;
        while let Some(message) = self.wire.receive().await? {
            match message {
                PgWireFrontendMessage::Terminate(_) => return Ok(()),
                PgWireFrontendMessage::Query(query) => {
                    self.skipping = false;
                    self.simple(&query.query).await?;
                    self.ready();
                    self.wire.flush().await?;
                }
                PgWireFrontendMessage::Sync(_) => {
                    self.skipping = false;
                    if self.transaction == Transaction::None {
                        self.portals.clear();
                    }
                    self.ready();
                    self.wire.flush().await?;
                }
                PgWireFrontendMessage::Flush(_) => self.wire.flush().await?,
                _ if self.skipping => {}
                message => self.extended(message).await?,
            }
        }
        Ok(())
    }

    fn ready(&mut self) {
        let status = match self.transaction {
            Transaction::None => TransactionStatus::Idle,
            Transaction::Open => TransactionStatus::Transaction,
            Transaction::Failed => TransactionStatus::Error,
        };
        self.wire.put(&ReadyForQuery::new(status));
    }

    fn fail(&mut self, failure: &Failure, sql: &str) {
        if self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        self.wire.put(&failure.response(sql));
    }

    fn notice(&mut self, text: &str) {
        let field = |code: u8, text: &str| (code, text.to_owned());
        let fields =
            vec![field(b'S', "NOTICE"), field(b'V', "NOTICE"), field(b'C', "00000"), field(b'M', text)];
        self.wire.put(&NoticeResponse::new(fields));
    }

    /// Starts a statement of the engine; cancelled by a request and when the client goes away.
    async fn open(&mut self, sql: &str, values: &[Bound]) -> Result<Rows, Broken> {
        self.entry.forget();
        if let Credential::ApiKey(id) = self.credential {
            let good = self.shared.accounts.api_key_may(id, AccessScope::Sql).await;
            if !good.unwrap_or(false) {
                let failure = Failure::new("28000", "this API key is no longer good, or no longer for SQL");
                return Err(Broken::Statement(failure));
            }
        }
        let running = self.shared.room.run(&self.caller, sql, values);
        let limit = deadline(&self.settings);
        tokio::select! {
            answer = running => answer.map_err(|error| Broken::Statement(Failure::of(error))),
            () = self.entry.canceled() => Err(Broken::Statement(Failure::canceled())),
            () = limit => Err(Broken::Statement(timed_out())),
            () = self.wire.gone() => Err(Broken::Connection(io::ErrorKind::ConnectionAborted.into())),
        }
    }

    /// Sends rows of a cursor.
    async fn send(
        &mut self,
        cursor: &mut Cursor,
        limit: Option<u64>,
        silent: bool,
    ) -> Result<Portion, Broken> {
        let timeout = deadline(&self.settings);
        tokio::select! {
            biased;
            () = self.entry.canceled() => Err(Broken::Statement(Failure::canceled())),
            () = timeout => Err(Broken::Statement(timed_out())),
            portion = cursor.portion(limit, silent, &mut self.wire) => portion,
        }
    }

    /// What every statement must pass first.
    fn may_run(&self, ends_transaction: bool) -> Result<(), Failure> {
        if self.transaction == Transaction::Failed && !ends_transaction {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(Failure::new("25P02", message));
        }
        let kept = self.statements.len() + self.portals.len() + self.cursors.len();
        if kept > MAX_KEPT {
            let message = format!("more than {MAX_KEPT} statements, portals and cursors are open");
            return Err(Failure::new("53400", message).with_hint("DISCARD ALL closes them"));
        }
        Ok(())
    }
}

/// Whose rows a connection sees (TEN-1): an administrator's key those of every account.
fn caller(principal: &Principal) -> Caller {
    let scope = if principal.admin { Scope::All } else { Scope::account(principal.account.clone()) };
    Caller { scope, name: principal.account.to_string() }
}

fn deadline(settings: &Settings) -> impl Future<Output = ()> + use<> {
    match settings.statement_timeout() {
        Some(limit) => tokio::time::sleep(limit).left_future(),
        None => std::future::pending().right_future(),
    }
}

fn timed_out() -> Failure {
    Failure::new("57014", "canceling statement due to statement timeout")
}
