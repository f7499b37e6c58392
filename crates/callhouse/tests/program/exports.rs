//! Exports of the real process: killed at every step, added up by DuckDB, canceled, cleaned up after.

use std::path::{Path, PathBuf};
use std::process::Command;

use callhouse_testkit::poll_until;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{DEADLINE, Place, Server, http_client, installed};
use crate::webhooks::Endpoint;

const SET: [&str; 9] =
    ["generate", "--settled", "--calls", "20000", "--seed", "5", "--accounts", "3", "--calls-per-file=3000"];
/// A dead process's export is taken up again after a second.
const SETTINGS: [(&str, &str); 2] =
    [("CALLHOUSE_EXPORTS_LEASE_MS", "1000"), ("CALLHOUSE_LOG_FILTER", "info")];

/// What the lake says of all calls.
const SUMS: &str = "SELECT count(*) AS rows, sum(duration_seconds) AS duration_seconds, sum(talk_seconds) AS talk_seconds, \
    sum(billed_seconds) AS billed_seconds, CAST(CAST(sum(debit) AS DECIMAL(18, 6)) AS VARCHAR) AS debit, \
    CAST(CAST(sum(credit) AS DECIMAL(18, 6)) AS VARCHAR) AS credit FROM calls";

async fn ask(server: &Server, key: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Vec<u8>) {
    let mut request = http_client()
        .request(method, format!("{}{path}", server.address))
        .header("authorization", format!("Api-Key {key}"));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.bytes().await.expect("a body").to_vec())
}

async fn export(server: &Server, key: &str, id: &str) -> Value {
    let (_, body) = ask(server, key, Method::GET, &format!("/v1/exports/{id}"), None).await;
    serde_json::from_slice(&body).expect("JSON")
}

async fn begin(server: &Server, key: &str, body: Value) -> String {
    let (status, body) = ask(server, key, Method::POST, "/v1/exports", Some(body)).await;
    assert_eq!(status, 202, "{}", String::from_utf8_lossy(&body));
    let export: Value = serde_json::from_slice(&body).expect("JSON");
    export["id"].as_str().expect("an id").to_owned()
}

/// Waits for an export that must succeed.
async fn done(server: &Server, key: &str, id: &str) -> Value {
    poll_until(DEADLINE, || async {
        !matches!(export(server, key, id).await["status"].as_str(), Some("pending" | "running"))
    })
    .await;
    let export = export(server, key, id).await;
    assert_eq!(export["status"], "done", "{export}");
    export
}

fn files(place: &Place) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(place.data().join("exports")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// The crash points of an export, read off the sources.
fn crash_points() -> Vec<String> {
    let mut points = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../exports/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a source folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let source = std::fs::read_to_string(entry.path()).expect("source is UTF-8");
                let names = source.split("crash::point(\"").skip(1).filter_map(|rest| rest.split_once('"'));
                points.extend(names.map(|(name, _)| name.to_owned()));
            }
        }
    }
    points.sort();
    points
}

#[tokio::test(flavor = "multi_thread")]
async fn lak_1_an_export_killed_at_any_step_is_made_once_and_whole() {
    let points = crash_points();
    assert!(points.len() >= 6, "{points:?}");
    let place = Place::new();
    place.run(SET);
    let key = place.admin_key();
    let sums = place.sql(SUMS).remove(0);
    for (number, point) in points.iter().enumerate() {
        let format = ["csv", "ndjson", "parquet"][number % 3];
        let crash = format!("{point}:1");
        let mut server =
            place.serve(&[&SETTINGS[..], &[("CALLHOUSE_CRASH_AT", crash.as_str())]].concat(), &[]);
        let id = begin(&server, &key, json!({"source": "calls", "format": format})).await;
        poll_until(DEADLINE, || std::future::ready(server.running.has_ended())).await;
        let server = place.serve(&SETTINGS, &[]);
        let before = export(&server, &key, &id).await;
        if before["status"] != "done" {
            let (status, _) = ask(&server, &key, Method::GET, &format!("/v1/exports/{id}/file"), None).await;
            assert_eq!(status, 409, "{point}: {before}");
        }
        let ended = done(&server, &key, &id).await;
        let (result, totals) = (&ended["result"], &ended["result"]["totals"]);
        for (name, sum) in sums.as_object().expect("a row") {
            assert_eq!(&totals[name], sum, "{point}: {name}");
        }
        let (status, file) = ask(&server, &key, Method::GET, &format!("/v1/exports/{id}/file"), None).await;
        assert_eq!((status, result["bytes"].as_u64()), (200, Some(file.len() as u64)), "{point}");
        assert_eq!(result["sha256"], hex::encode(Sha256::digest(&file)), "{point}");
        // What the killed run left is removed, and nothing else.
        poll_until(DEADLINE, || std::future::ready(files(&place).len() == 2 * (number + 1))).await;
        assert!(files(&place).iter().all(|name| !name.ends_with(".part")), "{:?}", files(&place));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_export_leaves_nothing_behind() {
    let place = Place::new();
    place.run(SET);
    let key = place.admin_key();
    let server = place.serve(&SETTINGS, &[]);
    let id = begin(&server, &key, json!({"source": "calls"})).await;
    let (status, _) = ask(&server, &key, Method::DELETE, &format!("/v1/exports/{id}"), None).await;
    assert_eq!(status, 204);
    let other = begin(&server, &key, json!({"source": "calls", "filters": {"direction": "inbound"}})).await;
    done(&server, &key, &other).await;
    let status = export(&server, &key, &id).await["status"].clone();
    // It may have been done before it was canceled; then it was forgotten.
    assert!(status == "canceled" || status == Value::Null, "{status}");
    poll_until(DEADLINE, || std::future::ready(files(&place).len() == 2)).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_adds_up_the_files_to_the_totals() {
    let Some(python) = installed("python/bin/python", "tests/interop/install") else { return };
    let place = Place::new();
    place.run(SET);
    let key = place.admin_key();
    let sums = place.sql(SUMS).remove(0);
    let server = place.serve(&SETTINGS, &[]);
    for (body, name) in [
        (json!({"source": "calls"}), "all.csv"),
        (json!({"source": "calls", "gzip": true, "time_zone": "America/New_York"}), "all.csv.gz"),
        (json!({"source": "calls", "format": "ndjson", "gzip": true}), "all.ndjson.gz"),
        (json!({"source": "calls", "format": "parquet"}), "all.parquet"),
    ] {
        let id = begin(&server, &key, body).await;
        let ended = done(&server, &key, &id).await;
        let (_, file) = ask(&server, &key, Method::GET, &format!("/v1/exports/{id}/file"), None).await;
        let path = place.path(name);
        std::fs::write(&path, &file).expect("written");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/exports.py");
        let output = Command::new(&python).arg(script).arg(&path).output().expect("the script starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
        let added: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let totals = &ended["result"]["totals"];
        for (member, sum) in added.as_object().expect("an object") {
            assert_eq!(&totals[member], sum, "{name}: {member}");
        }
        for (member, sum) in sums.as_object().expect("a row") {
            assert_eq!(&added[member], sum, "{name}: {member}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_job_are_told_to_its_webhook_and_to_subscriptions() {
    let place = Place::new();
    place.run(SET);
    let admin = place.admin_key();
    let listing = SET
        .into_iter()
        .filter(|word| !word.starts_with("--settled") && !word.starts_with("--calls-per-file"));
    let names = place.run(listing.chain(["--list-accounts"]));
    let account = names.lines().next().expect("an account");
    let key = place.run(["api-key", "create", "--account", account, "--name", "test"]).trim().to_owned();
    let allowed = [("CALLHOUSE_WEBHOOKS_ALLOW_PRIVATE_ENDPOINTS", "true")];
    let server = place.serve(&[&SETTINGS[..], &allowed].concat(), &[]);
    let (subscribed, own) = (Endpoint::start().await, Endpoint::start().await);
    let hook =
        server.ask(&key, "webhooks.subscribe", json!(["job.status_update", subscribed.url(), null])).await;
    // The operator's own account is told of nothing: what an administrator exports is not the account's to see.
    server.ask(&admin, "webhooks.subscribe", json!(["job.status_update", subscribed.url(), null])).await;
    let body = json!({"source": "calls", "webhook": {"endpoint": own.url()}});
    let id = begin(&server, &key, body.clone()).await;
    done(&server, &key, &id).await;
    let everything = begin(&server, &admin, body).await;
    done(&server, &admin, &everything).await;
    let told = |endpoint: &Endpoint, id: &str| {
        let events = endpoint.events();
        let of_job = events.into_iter().filter(|event| event["data"]["id"] == id);
        let mut told: Vec<(String, Value)> =
            of_job.map(|event| (event["data"]["status"].to_string(), event)).collect();
        told.sort_by(|left, right| left.0.cmp(&right.0));
        told
    };
    poll_until(DEADLINE, || {
        let counts =
            [told(&subscribed, &id), told(&own, &id), told(&own, &everything)].map(|told| told.len());
        std::future::ready(counts == [2, 2, 2])
    })
    .await;
    for (endpoint, hash) in [(&subscribed, &hook["hash"]), (&own, &Value::Null)] {
        let told = told(endpoint, &id);
        assert_eq!([told[0].0.as_str(), told[1].0.as_str()], ["\"DONE\"", "\"RUNNING\""]);
        assert_eq!((&told[0].1["type"], &told[0].1["hook_hash"]), (&json!("job.status_update"), hash));
    }
    let done = &told(&own, &id)[0].1["data"];
    let file =
        http_client().get(done["result"]["url"].as_str().expect("a URL")).send().await.expect("an answer");
    let file = file.bytes().await.expect("a body");
    assert_eq!(done["result"]["sha256"], hex::encode(Sha256::digest(&file)));
    assert_eq!(told(&subscribed, &everything).len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lak_3_a_file_has_the_same_bytes_before_and_after_compaction() {
    let place = Place::new();
    let events = place.path("calls.jsonl");
    let events = events.to_str().expect("UTF-8");
    place.run(["generate", "--calls", "3000", "--seed", "9", "--accounts", "2", "--to", events]);
    let put_off = [("CALLHOUSE_COMPACTION_ENABLED", "false")];
    let mut import = place.callhouse();
    import.args(["import", "--format", "cloudevents", "--create-accounts", events]).envs(put_off);
    assert!(import.output().expect("it starts").status.success());
    let key = place.admin_key();
    let server = place.serve(&[&SETTINGS[..], &put_off].concat(), &[]);
    let hashes = async || {
        let mut hashes = Vec::new();
        for format in ["csv", "parquet"] {
            let id = begin(&server, &key, json!({"source": "calls", "format": format})).await;
            let export = done(&server, &key, &id).await;
            hashes.push((export["result"]["sha256"].clone(), export["result"]["totals"].clone()));
        }
        hashes
    };
    let before = hashes().await;
    let recent = place.run(["status"]);
    place.run(["compact"]);
    assert_ne!(place.run(["status"]), recent, "there was nothing to compact");
    assert_eq!(hashes().await, before);
    server.stop().await;
}
