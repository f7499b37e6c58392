//! Running the program and asking it things.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use callhouse_testkit::poll_until;
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// A client of the server, with the cryptography of the program.
pub(crate) fn http_client() -> reqwest::Client {
    // Every test does this, the first one wins.
    drop(tokio_rustls::rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}

/// A folder for one test: the data folder is `data` in it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Drop for Place {
    /// A failed test leaves its folder behind, to be looked at.
    #[expect(clippy::print_stdout, reason = "the harness shows what a failed test printed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            println!("left behind: {}", self.folder.path().display());
        }
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::with_prefix("callhouse-test-").expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The program on this data folder, with no setting from the outside.
    pub(crate) fn callhouse(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callhouse"));
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CALLHOUSE_"))
        {
            command.env_remove(name);
        }
        command.arg("--data").arg(self.data()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end and returns its stdout.
    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let mut command = self.callhouse();
        command.args(arguments);
        let output = command.output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} ended with {}: {stderr}", output.status);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs the program, which must fail; returns its exit code and stderr.
    pub(crate) fn fail<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> (Option<i32>, String) {
        let output = self.callhouse().args(arguments).output().expect("the program starts");
        assert!(!output.status.success(), "it succeeded");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The rows of a statement.
    pub(crate) fn sql(&self, statement: &str) -> Vec<Value> {
        let json = self.run(["sql", "--format", "json", statement]);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
    }

    /// The one number a statement answers.
    pub(crate) fn count(&self, statement: &str) -> i64 {
        let rows = self.sql(statement);
        let row = rows[0].as_object().expect("a row");
        row.values().next().and_then(Value::as_i64).unwrap_or_else(|| panic!("{statement}: {rows:?}"))
    }

    /// Creates an account and an admin's key of it.
    pub(crate) fn admin_key(&self) -> String {
        self.run(["account", "create", "operator"]);
        self.run(["api-key", "create", "--account", "operator", "--name", "test", "--admin"])
            .trim()
            .to_owned()
    }

    /// Creates the accounts of a generated set.
    pub(crate) fn create_accounts(&self, seed: &str, accounts: &str) {
        let names =
            self.run(["generate", "--calls", "1", "--seed", seed, "--accounts", accounts, "--list-accounts"]);
        self.run(["account", "create"].into_iter().chain(names.split_whitespace()));
    }

    /// Starts a command that prints a line when it is ready.
    pub(crate) fn start(&self, mut command: Command) -> Running {
        let errors = self.path("stderr");
        let stderr = File::options().create(true).append(true).open(&errors).expect("a file for stderr");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Running { child, stdout, errors }
    }

    /// Starts `serve` on a free port.
    pub(crate) fn serve(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Server {
        self.try_serve(settings, arguments)
            .unwrap_or_else(|errors| panic!("the server did not start: {errors}"))
    }

    /// Starts `serve`; the text it left behind when it ended before it was ready.
    pub(crate) fn try_serve(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Result<Server, String> {
        let mut command = self.callhouse();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(settings.iter().copied());
        let mut running = self.start(command);
        let line = running.line();
        match line.trim().strip_prefix("listening on ") {
            Some(address) => Ok(Server { address: address.to_owned(), running }),
            None => Err(running.errors()),
        }
    }
}

/// A program that is running; ended with SIGKILL when dropped.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    errors: PathBuf,
}

impl Running {
    /// The next line of stdout; empty when the program has ended.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("stdout is UTF-8");
        line
    }

    /// What it and those before it in the same place said on stderr.
    pub(crate) fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} was not sent");
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        self.child.wait().expect("the child can be waited for");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_some()
    }

    /// Waits for the end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        poll_until(DEADLINE, || {
            std::future::ready(self.child.try_wait().expect("can be waited for").is_some())
        })
        .await;
        self.child.wait().expect("the child can be waited for")
    }

    /// Asks it to stop and waits until it has; it must say that all went well.
    pub(crate) async fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended().await;
        assert!(status.success(), "it ended with {status}: {}", self.errors());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) running: Running,
}

impl Server {
    /// Calls a JSON-RPC method and returns its result.
    pub(crate) async fn ask(&self, key: &str, method: &str, params: Value) -> Value {
        let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = http_client()
            .post(format!("{}/json-rpc/v1.1/", self.address))
            .header("authorization", format!("Api-Key {key}"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        let mut answer: Value = answer.json().await.expect("JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// The lines of `/metrics` that begin so.
    pub(crate) async fn measured(&self, prefix: &str) -> String {
        let answer = http_client().get(format!("{}/metrics", self.address)).send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        text.lines().filter(|line| line.starts_with(prefix)).collect::<Vec<_>>().join("\n")
    }

    /// Waits until a measure of `/metrics` is as wanted. One that is not there yet is 0.
    pub(crate) async fn measures(&self, name: &str, wanted: impl Fn(f64) -> bool) {
        let client = http_client();
        let address = format!("{}/metrics", self.address);
        poll_until(DEADLINE, || async {
            let text = client.get(&address).send().await.expect("an answer").text().await.expect("text");
            let value =
                text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
            wanted(value.unwrap_or_default())
        })
        .await;
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Waits until the lake of a place holds so many messages, as events and as rejections.
pub(crate) async fn wait_for_messages(place: &Place, messages: i64) {
    const MESSAGES: &str = "SELECT (SELECT count(*) FROM call_events) + (SELECT count(*) FROM sms_events) \
        + (SELECT count(*) FROM webhook_deliveries WHERE source <> 'callhouse/webhooks') \
        + (SELECT count(*) FROM rejections) AS messages";
    let mut seen = 0;
    let deadline = std::time::Instant::now() + Duration::from_secs(900);
    while seen < messages {
        assert!(std::time::Instant::now() < deadline, "{seen} of {messages} messages came in");
        tokio::time::sleep(Duration::from_millis(500)).await;
        seen = place.count(MESSAGES);
    }
    assert_eq!(seen, messages, "more messages came in than were sent");
}

/// Control totals as `generate --totals` wrote them.
pub(crate) fn totals(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("totals")).expect("JSON")
}

/// The calls of the lake give the control totals, account by account and direction by direction.
pub(crate) fn assert_calls_equal(place: &Place, totals: &[&Value]) {
    let mut expected: Vec<Value> =
        totals.iter().flat_map(|totals| totals["groups"].as_array().expect("groups")).cloned().collect();
    expected.sort_by_key(|group| (group["account"].to_string(), group["direction"].to_string()));
    let answered = place.sql(
        "SELECT account, direction, count(*) AS calls, count(answered_at) AS answered, \
         coalesce(sum(talk_seconds), 0) AS talk_seconds, coalesce(sum(billed_seconds), 0) AS billed_seconds, \
         CAST(CAST(coalesce(sum(debit), 0) AS DECIMAL(18, 6)) AS VARCHAR) AS debit, \
         CAST(CAST(coalesce(sum(credit), 0) AS DECIMAL(18, 6)) AS VARCHAR) AS credit, \
         count(DISTINCT from_number) AS unique_callers \
         FROM calls GROUP BY account, direction ORDER BY account, direction",
    );
    assert_eq!(answered, expected);
}

/// The webhook attempts of a set, account by account. What came twice is in the log twice.
pub(crate) fn assert_deliveries_equal(place: &Place, totals: &Value) {
    let answered = place.sql(
        "SELECT account, count(DISTINCT event_id) AS deliveries, \
         count(DISTINCT CASE WHEN status = 'SUCCESS' THEN event_id END) AS taken, \
         count(*) AS attempts, sum(duration_ms) AS duration_ms \
         FROM (SELECT DISTINCT account, event_id, try_number, status, duration_ms FROM webhook_deliveries \
         WHERE source <> 'callhouse/webhooks') \
         GROUP BY account ORDER BY account",
    );
    assert_eq!(answered, *totals["delivery_groups"].as_array().expect("groups"));
}

/// The text messages of the lake give the control totals, account by account and direction by direction.
pub(crate) fn assert_sms_equal(place: &Place, totals: &Value) {
    let answered = place.sql(
        "SELECT account, direction, count(*) AS messages, coalesce(sum(parts), 0) AS parts, \
         count(*) FILTER (WHERE status = 'RECEIVED') AS received, \
         count(*) FILTER (WHERE status IN ('FAILED', 'ERROR')) AS failed, \
         count(*) FILTER (WHERE status = 'EXPIRED') AS expired, \
         CAST(CAST(coalesce(sum(debit), 0) AS DECIMAL(18, 6)) AS VARCHAR) AS debit \
         FROM sms GROUP BY account, direction ORDER BY account, direction",
    );
    assert_eq!(Value::Array(answered), totals["sms_groups"]);
}

/// The events of all families, those of callhouse's own webhooks left out: which they are and where they lay in the log.
pub(crate) const EVENTS: &str = "(SELECT source, event_id, topic, kafka_partition, log_offset, element FROM call_events \
    UNION ALL SELECT source, event_id, topic, kafka_partition, log_offset, element FROM sms_events \
    UNION ALL SELECT source, delivery_id, topic, kafka_partition, log_offset, element FROM webhook_deliveries \
    WHERE source <> 'callhouse/webhooks')";

/// Every log offset is in the lake at most once.
pub(crate) fn assert_no_offset_twice(place: &Place) {
    let twice = place.sql(&format!(
        "SELECT topic, kafka_partition, log_offset, element, count(*) AS times FROM {EVENTS} \
         GROUP BY topic, kafka_partition, log_offset, element HAVING count(*) > 1 LIMIT 5"
    ));
    assert_eq!(twice, Vec::<Value>::new());
}

/// `verify` finds nothing.
pub(crate) fn assert_verified(place: &Place) {
    place.run(["verify"]);
}

/// A part of the cache that a script of `tests/` fills. Without it the test says loudly that it did nothing, and fails
/// where nothing may be left out.
pub(crate) fn installed(part: &str, script: &str) -> Option<PathBuf> {
    let home = std::env::home_dir().expect("a home directory");
    let path = home.join(".cache/callhouse").join(part);
    if path.try_exists().expect("the cache can be looked at") {
        return Some(path);
    }
    #[expect(clippy::disallowed_methods, reason = "CI is how the test is run, no setting of callhouse")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{} is missing; run {script}", path.display());
    // Not `eprintln`, which the test harness keeps to itself when the test passes.
    writeln!(std::io::stderr(), "SKIPPED: {} is missing; run tests/sdk/install", path.display())
        .expect("stderr takes it");
    None
}
