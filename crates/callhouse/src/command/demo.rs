//! `callhouse demo`: a server with an account, a month of past calls and live ones, and things to try.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use callhouse_core::time::{MICROS_PER_DAY, MICROS_PER_SECOND};
use callhouse_core::{AccountId, Clock, Timestamp};
use callhouse_lake::accounts::Accounts;
use callhouse_log::{Append, Appender, Error as LogError};
use clap::Args;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{self, DataFlags, Flags, ListenFlag, Settings};
use crate::doors::Doors;
use crate::generate::{Generator, Message, Options, Pattern};
use crate::server::Server;
use crate::{lake, logging, output};

const ACCOUNTS: u32 = 5;
const SEED: u64 = 2_026;
const PAST_DAYS: u32 = 30;
const PAST_CALLS: u64 = 20_000;
/// There are so many calls for each text message.
const CALLS_PER_SMS: u64 = 2;
/// And so many for each webhook delivery.
const CALLS_PER_DELIVERY: u64 = 10;
/// The live calls go on for so long.
const LIVE_DAYS: u32 = 30;
/// The index of the first live call, far above the past ones.
const FIRST_LIVE_CALL: u64 = 500_000_000_000;
/// Messages appended at once.
const BATCH_MESSAGES: usize = 2_000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    listen: ListenFlag,
    /// Live calls started per second
    #[arg(long, value_name = "CALLS_PER_SECOND", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let mut settings = config::load(&Flags::new(data).with_listen(&arguments.listen))?;
    logging::start_quiet(&settings.log)?;
    let temporary = (settings.data == Settings::default().data).then(temporary_folder).transpose()?;
    if let Some(folder) = &temporary {
        settings.data.clone_from(folder);
    }
    // So that there is something to try; on free ports, so that the demo starts wherever it can.
    for listen in [&mut settings.pg_listen, &mut settings.flight_listen] {
        if listen.is_empty() {
            *listen = "127.0.0.1:0".to_owned();
        }
    }
    let now = lake::clock().now();
    let past = Generator::new(&options(
        PAST_CALLS,
        0,
        now.plus_micros(-days(PAST_DAYS)),
        PAST_DAYS,
        Pattern::Office,
    ));
    let live_calls = u64::from(arguments.rate) * 86_400 * u64::from(LIVE_DAYS);
    let live = Generator::new(&options(live_calls, FIRST_LIVE_CALL, now, LIVE_DAYS, Pattern::Flat));
    let names = past.account_names();
    let access = create_accounts(&settings, &names).await?;

    let server = Server::start(&settings).await?;
    let address = format!("http://{}", server.address());
    output::line(format!("listening on {address}"))?;
    for url in server.doors().urls() {
        output::line(format!("listening on {url}"))?;
    }
    print_guide(&address, &settings, &access, now)?;
    print_doors(server.doors(), &access)?;
    let stop = CancellationToken::new();
    let feeds = TaskTracker::new();
    for generator in [past, live] {
        feeds.spawn(feed(generator, server.intake().appender(), lake::clock(), stop.clone()));
    }
    feeds.close();
    let outcome = server.run().await;
    stop.cancel();
    feeds.wait().await;
    if let Some(folder) = temporary {
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {} failed", folder.display()))?;
    }
    outcome
}

/// A new folder of this run, removed at its end.
fn temporary_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("callhouse-demo-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| format!("creating {} failed", folder.display()))?;
    Ok(folder)
}

fn days(count: u32) -> i64 {
    i64::from(count) * MICROS_PER_DAY
}

fn options(calls: u64, first_call: u64, start: Timestamp, days: u32, pattern: Pattern) -> Options {
    Options {
        seed: SEED,
        calls,
        sms: calls / CALLS_PER_SMS,
        deliveries: calls / CALLS_PER_DELIVERY,
        first_call,
        accounts: ACCOUNTS,
        start,
        days,
        pattern,
    }
}

/// Credentials to try things with.
struct Access {
    account: AccountId,
    password: Option<String>,
    key: String,
}

/// Creates the accounts calls are made for; the first of them, which has the most calls, gets a key.
async fn create_accounts(settings: &Settings, names: &[String]) -> anyhow::Result<Access> {
    let accounts: Accounts = lake::accounts(settings).await?;
    let mut access = None;
    for name in names {
        let id = lake::account_id(name)?;
        let password = match accounts.get(&id).await? {
            Some(_) => None,
            None => Some(accounts.create(&id, None).await?.password.expose().to_owned()),
        };
        if access.is_none() {
            let key = accounts.create_api_key(&id, "demo", false).await?.token.expose().to_owned();
            access = Some(Access { account: id, password, key });
        }
    }
    access.context("the demo has no account")
}

/// Appends what has happened by now, then waits for more, until told to stop.
async fn feed(
    mut generator: Generator,
    appender: Arc<dyn Appender>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut ahead: Option<Message> = None;
    loop {
        let now_ms = clock.now().micros() / 1_000;
        let mut batch = Vec::new();
        while batch.len() < BATCH_MESSAGES {
            match ahead.take().or_else(|| generator.next()) {
                Some(message) if message.deliver_at_ms <= now_ms => batch.push(append_of(message)),
                later => {
                    ahead = later;
                    break;
                }
            }
        }
        if batch.is_empty() && ahead.is_none() {
            return;
        }
        let pause = if batch.is_empty() { Duration::from_millis(200) } else { Duration::from_millis(20) };
        match append(appender.as_ref(), batch).await {
            Ok(()) => {}
            Err(LogError::Closed) => return,
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "demo calls were lost"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Appends a batch, waiting while the log is full.
async fn append(appender: &dyn Appender, batch: Vec<Append>) -> Result<(), LogError> {
    if batch.is_empty() {
        return Ok(());
    }
    loop {
        match appender.append(batch.clone()).await {
            Err(LogError::Full) => tokio::time::sleep(Duration::from_millis(100)).await,
            outcome => return outcome,
        }
    }
}

fn append_of(message: Message) -> Append {
    Append { key: message.key, headers: Vec::new(), payload: message.payload.into() }
}

fn print_guide(address: &str, settings: &Settings, access: &Access, now: Timestamp) -> std::io::Result<()> {
    let shown = |at: Timestamp| at.to_rfc3339().replace('T', " ").chars().take(19).collect::<String>();
    let (from, to) = (shown(now.plus_micros(-days(7))), shown(now.plus_micros(3_600 * MICROS_PER_SECOND)));
    let data = settings.data.display();
    let key = &access.key;
    // Built and not installed, it is on nobody's path.
    let program = std::env::current_exe()?;
    let program = program.display();
    let ask = |method: &str, params: &str| {
        format!(
            "curl -s {address}/json-rpc/v1.1/ -H 'Authorization: Api-Key {key}' \\\n    \
             -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{params}}}'"
        )
    };
    output::line(format!("account  {}", access.account))?;
    if let Some(password) = &access.password {
        output::line(format!("password {password}"))?;
    }
    output::line(format!("api key  {key}"))?;
    output::line(format!("data     {data}"))?;
    output::line("\nA summary of the last seven days:")?;
    output::line(ask("analytics/calls.summary", &format!("[\"{from}\",\"{to}\"]")))?;
    output::line("\nDay by day:")?;
    output::line(ask("analytics/calls.history", &format!("[\"{from}\",\"{to}\"]")))?;
    output::line("\nThe newest inbound calls:")?;
    output::line(ask("cdr.search", "[{\"type\":\"IN\"},{\"quantity\":3}]"))?;
    output::line("\nAnything else, in SQL:")?;
    output::line(format!(
        "{program} --data {data} sql \"SELECT account, direction, count(*) AS calls, sum(debit) AS debit FROM calls GROUP BY 1, 2 ORDER BY 3 DESC\""
    ))
}

/// The same question at the other doors.
fn print_doors(doors: &Doors, access: &Access) -> std::io::Result<()> {
    const COUNT: &str = "SELECT direction, count(*) AS calls FROM calls GROUP BY 1";
    let Access { account, key, .. } = access;
    if let Some(address) = doors.pg_address() {
        let (host, port) = (address.ip(), address.port());
        output::line("\nThe same tables in psql (with \\dt, \\d+ calls):")?;
        output::line(format!(
            "PGPASSWORD={key} psql -h {host} -p {port} -U {account} callhouse -c \"{COUNT}\""
        ))?;
    }
    if let Some(address) = doors.flight_address() {
        output::line("\nAnd as Arrow, in Python (pip install adbc-driver-flightsql pyarrow pandas):")?;
        output::line(format!(
            "python3 -c \"from adbc_driver_flightsql import dbapi\n\
             connection = dbapi.connect('grpc://{address}', db_kwargs={{'username': '{account}', 'password': '{key}'}})\n\
             cursor = connection.cursor()\n\
             cursor.execute('{COUNT}')\n\
             print(cursor.fetch_df())\""
        ))?;
    }
    output::line("\nCtrl-C stops it.")
}
