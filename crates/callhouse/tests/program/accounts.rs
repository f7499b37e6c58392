//! Accounts and keys at the command line: the tree, what keys are good for, and who did what.

use serde_json::{Value, json};

use crate::support::{Place, http_client};

/// The audit log as the program shows it, newest first.
fn audit(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let text = place.run(["account", "audit", "--json"].into_iter().chain(arguments.iter().copied()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn accounts_are_made_moved_and_shown_as_a_tree() {
    let place = Place::new();
    place.run(["account", "create", "acme", "globex"]);
    place.run(["account", "create", "paris", "lyon", "--parent", "acme"]);
    place.run(["account", "create", "paris-1", "--parent", "paris"]);
    let tree = |place: &Place| -> Vec<String> {
        let text = place.run(["account", "list", "--tree"]);
        let labels = text.lines().skip(1).map(|line| line.split("  ").next().expect("a label").to_owned());
        // The indentation of the last of siblings is spaces too.
        labels.collect()
    };
    assert_eq!(tree(&place)[..3], ["acme", "├─ lyon", "└─ paris"]);
    place.run(["account", "move", "paris", "--parent", "globex"]);
    assert_eq!(tree(&place)[..4], ["acme", "└─ lyon", "globex", "└─ paris"]);
    let (code, stderr) = place.fail(["account", "move", "globex", "--parent", "paris-1"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("paris-1 is globex itself or below it"), "{stderr}");
    let (_, stderr) = place.fail(["account", "move", "globex", "--parent", "nobody"]);
    assert!(stderr.contains("there is no account nobody"), "{stderr}");
    assert_eq!(place.fail(["account", "move", "paris"]).0, Some(2), "where to must be said");
    place.run(["account", "move", "paris", "--top"]);
    let moves = audit(&place, &["--act", "account.moved"]);
    assert_eq!(moves.len(), 2, "none for what was refused");
    assert_eq!(moves[0]["details"], json!({"from": "globex", "to": null}));
    assert_eq!((&moves[0]["credential"], &moves[0]["by_account"]), (&json!("command line"), &json!(null)));
    let below = audit(&place, &["--account", "paris"]);
    assert!(
        below.iter().all(|row| ["paris", "paris-1"].iter().any(|name| row["account"] == *name)),
        "{below:?}"
    );
    assert!(place.run(["account", "audit", "--limit", "1"]).contains("account.moved"));
    let (_, stderr) = place.fail(["account", "audit", "--act", "x"]);
    assert!(stderr.contains("account.login-as"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_held_to_what_they_are_good_for_by_a_running_server() {
    let place = Place::new();
    place.run(["account", "create", "acme"]);
    let key = |arguments: &[&str]| {
        let create = ["api-key", "create", "--account", "acme", "--name", "k"];
        place.run(create.into_iter().chain(arguments.iter().copied())).trim().to_owned()
    };
    let (all, reader) = (key(&[]), key(&["--scope", "read,export", "--expires", "2d"]));
    let slow = key(&["--scope", "sql", "--requests-per-second", "1", "--burst", "2"]);
    let (_, stderr) = place.fail(["api-key", "create", "--account", "acme", "--name", "k", "--scope", "fly"]);
    assert!(stderr.contains("there are read, ingest, sql, export, admin"), "{stderr}");
    let (_, stderr) =
        place.fail(["api-key", "create", "--account", "acme", "--name", "k", "--expires", "2020-01-01"]);
    assert!(stderr.contains("a key must end after it was made"), "{stderr}");
    let listed = place.run(["api-key", "list"]);
    assert!(listed.contains("read,export") && listed.contains("1/s, 2 at once"), "{listed}");
    for token in [&all, &reader, &slow] {
        assert!(
            !listed.contains(token.as_str()) && !place.run(["account", "audit"]).contains(token.as_str())
        );
    }

    let server = place.serve(&[], &[]);
    let client = http_client();
    let status = async |key: &str, method: &str, params: Value| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let sent = client.post(format!("{}/json-rpc/v1.1/", server.address));
        let sent = sent.header("authorization", format!("Api-Key {key}")).json(&body).send().await;
        sent.expect("an answer").json::<Value>().await.expect("JSON")
    };
    assert!(
        status(&reader, "api-key.all", json!([])).await["error"]["data"]["detail"]
            .as_str()
            .is_some_and(|detail| detail.ends_with("lack the scope admin"))
    );
    assert_eq!(status(&reader, "account/sub.get_quota", json!([])).await["result"]["actual"], json!(0));
    let made = status(&all, "api-key.create", json!(["by-key"])).await["result"]["id"].clone();
    let row = &audit(&place, &["--limit", "1"])[0];
    assert_eq!((&row["act"], &row["details"]["id"]), (&json!("api-key.created"), &made));
    assert_eq!((&row["by_account"], &row["origin"]), (&json!("acme"), &json!("127.0.0.1")));
    let ask = async || {
        let sent =
            client.post(format!("{}/v1/sql", server.address)).header("content-type", "application/sql");
        let sent = sent.header("authorization", format!("Api-Key {slow}")).body("SELECT 1").send().await;
        sent.expect("an answer")
    };
    let mut last = ask().await;
    for _ in 0..4 {
        last = ask().await;
    }
    assert_eq!(last.status(), 429);
    assert!(last.headers().contains_key("retry-after") && last.headers().contains_key("ratelimit"));
    server.stop().await;
}
