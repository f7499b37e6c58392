//! CALLR's own SDKs against the real binary: generated calls go in over HTTP, and PyPI `callr` and npm `callr` ask every
//! method for them. `tests/sdk/` holds the clients' side.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use callhouse_testkit::poll_until;
use serde_json::{Value, json};
use tempfile::TempDir;

const CALLHOUSE: &str = env!("CARGO_BIN_EXE_callhouse");
/// How long generated calls may take to become visible.
const VISIBLE_WITHIN: Duration = Duration::from_secs(60);
/// The range the generator's calls start in.
const FROM: &str = "2026-01-01 00:00:00";
const TO: &str = "2026-02-28 23:59:59";

/// A server that is stopped when the test ends, however it ends.
struct Server {
    process: Child,
    address: String,
    /// Kept open: a server whose stdout is gone may not write to it.
    _stdout: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already is as good.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn callhouse(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(CALLHOUSE);
    command.arg("--data").arg(data).args(arguments);
    command
}

/// Runs a command to its end and returns what it printed.
fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {stderr}");
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// The word after `label` at the start of a line.
fn labelled(text: &str, label: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("no {label} in {text}")).trim().to_owned()
}

fn serve(data: &Path) -> Server {
    let mut process = callhouse(data, &["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the server says something");
    let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
    let server = Server { process, address: address.clone().unwrap_or_default(), _stdout: stdout };
    assert!(address.is_some(), "the first line is {line:?}");
    server
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn cache(path: &str) -> PathBuf {
    let home = std::env::home_dir().expect("a home directory");
    home.join(".cache/callhouse").join(path)
}

/// False, loudly, when an SDK is not installed; a failure where tests must be whole.
fn installed(path: &Path) -> bool {
    if path.try_exists().expect("the cache can be looked at") {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "CI is how the test is run, no setting of callhouse")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{} is missing; run tests/sdk/install", path.display());
    eprintln!("SKIPPED: {} is missing; run tests/sdk/install", path.display());
    false
}

struct Generated {
    login: String,
    password: String,
    inbound: u64,
    outbound: u64,
}

/// Makes two accounts, generates calls for them and sends these over HTTP with an administrator's key.
fn generate(folder: &TempDir, data: &Path, server: &Server) -> Generated {
    let set = ["--calls", "400", "--seed", "7", "--accounts", "2", "--start", "2026-01-01T00:00:00Z", "--days", "30"];
    let listed = output_of(callhouse(data, &["generate"]).args(set).arg("--list-accounts"));
    let accounts: Vec<&str> = listed.lines().collect();
    let created = accounts.iter().map(|name| output_of(&mut callhouse(data, &["account", "create", name])));
    let created: Vec<String> = created.collect();
    let key = output_of(&mut callhouse(data, &["api-key", "create", "--account", accounts[0], "--name", "load", "--admin"]));
    let totals = folder.path().join("totals.json");
    output_of(
        callhouse(data, &["generate"])
            .args(set)
            .args(["--to", &server.address, "--key", key.trim()])
            .arg("--totals")
            .arg(&totals),
    );
    let totals: Value = serde_json::from_slice(&std::fs::read(totals).expect("totals")).expect("JSON");
    let calls = |direction: &str| {
        let groups = totals["groups"].as_array().expect("groups").iter();
        groups
            .filter(|group| group["account"] == accounts[0] && group["direction"] == direction)
            .map(|group| group["calls"].as_u64().expect("a number"))
            .sum()
    };
    Generated {
        login: labelled(&created[0], "login"),
        password: labelled(&created[0], "password"),
        inbound: calls("inbound"),
        outbound: calls("outbound"),
    }
}

/// Waits until the summary counts all calls.
async fn all_visible(url: &str, generated: &Generated) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "analytics/calls.summary", "params": [FROM, TO],
    });
    let (client, request) = (&client, &request);
    poll_until(VISIBLE_WITHIN, move || async move {
        let sent = client.post(url).basic_auth(&generated.login, Some(&generated.password)).json(request).send();
        let answer: Value = sent.await.expect("an answer").json().await.expect("JSON");
        let count = |direction: &str| answer["result"][direction]["count"].as_u64();
        count("IN") == Some(generated.inbound) && count("OUT") == Some(generated.outbound)
    })
    .await;
}

fn run_client(program: &Path, script: &str, url: &str, generated: &Generated) {
    let script = repository("tests/sdk").join(script);
    let printed = output_of(
        Command::new(program)
            .arg(script)
            .args([url, &generated.login, &generated.password, FROM, TO])
            .env("CALLHOUSE_EXPECT_IN", generated.inbound.to_string())
            .env("CALLHOUSE_EXPECT_OUT", generated.outbound.to_string()),
    );
    assert!(printed.ends_with("all methods ok\n"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn callrs_own_sdks_get_right_answers_from_every_method() {
    let python = cache("python/bin/python");
    let node = cache("node/node_modules/callr");
    let (has_python, has_node) = (installed(&python), installed(&node));
    if !has_python && !has_node {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = serve(&data);
    let generated = generate(&folder, &data, &server);
    assert!(generated.inbound > 10 && generated.outbound > 10, "too few calls to say anything");
    let url = format!("{}/json-rpc/v1.1/", server.address);
    all_visible(&url, &generated).await;
    if has_python {
        run_client(&python, "callr_python.py", &url, &generated);
    }
    if has_node {
        run_client(Path::new("node"), "callr_node.js", &url, &generated);
    }
}
