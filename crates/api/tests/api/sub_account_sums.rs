//! Sums over several accounts, against the sums of each: everything of those chosen, nothing of anybody else (TEN-1).

use std::collections::BTreeMap;

use callhouse_core::AccountId;
use serde_json::{Value, json};

use crate::house::{House, event};

const FROM: &str = "2026-11-01 00:00:00";
const TO: &str = "2026-11-30 23:59:59";

/// Every method with what comes before its options.
fn methods() -> Vec<(&'static str, Vec<Value>)> {
    let ranking = || vec![json!("COUNT"), json!(FROM), json!(TO), json!(1_000)];
    let apps = |direction: &str| [vec![json!(direction)], ranking()].concat();
    vec![
        ("analytics/calls.summary", vec![json!(FROM), json!(TO)]),
        ("analytics/calls.history", vec![json!(FROM), json!(TO)]),
        ("analytics/calls.inbound_did", ranking()),
        ("analytics/calls.cli_countries", ranking()),
        ("analytics/calls.outbound_countries", ranking()),
        ("analytics/calls.outbound_destinations", ranking()),
        ("analytics/calls.top_apps", apps("IN")),
        ("analytics/calls.top_apps", apps("OUT")),
    ]
}

fn hash(name: &str) -> String {
    AccountId::new(name).expect("an account name").hash()
}

/// Some calls in and out of an account; `seed` makes those of each account differ.
fn calls_of(account: &str, seed: u32) -> Vec<Value> {
    let one = |index: u32| {
        let inbound = (index + seed).is_multiple_of(2);
        let (second, length) = (10 + index, 5 + 7 * index + seed);
        let other = format!("+3361234{:04}", (index * 3 + seed) % 7);
        let (from, to) =
            if inbound { (other.as_str(), "+33123456789") } else { ("+33123456789", other.as_str()) };
        let day = 1 + (index * 5 + seed) % 27;
        let data = json!({
            "direction": if inbound { "inbound" } else { "outbound" }, "from": from, "to": to,
            "app_hash": format!("APP0000{}", index % 3), "did_hash": if inbound { "DID00001" } else { "DID00002" },
            "did_number": "+33123456789", "release_cause": 16,
            "started_at": format!("2026-11-{day:02}T10:00:00Z"),
            "answered_at": format!("2026-11-{day:02}T10:00:{second:02}Z"),
            "ended_at": format!("2026-11-{day:02}T10:{:02}:{:02}Z", (u32::from(length > 59 - second)) + 1, length % 60),
        });
        let rated = json!({
            "rated_at": format!("2026-11-{day:02}T11:00:00Z"), "currency": "EUR", "debit": format!("0.0{length:03}"),
            "billed_seconds": 60, "cost_label": format!("FR-{}", index % 2),
        });
        let call = format!("{}", 1_000 * (seed + 1) + index);
        let at = format!("2026-11-{day:02}T10:59:00Z");
        [
            event(account, &call, "call.detail_recorded", &at, data),
            event(account, &call, "call.rated", &at, rated),
        ]
    };
    (0..9).flat_map(one).collect()
}

/// Adds up an answer: figures by what names them, amounts in units of their last decimal.
fn add(sums: &mut BTreeMap<String, i64>, path: &str, answer: &Value) {
    match answer {
        Value::Array(items) => {
            for item in items {
                // A DID's label is one of those of its calls, and does not tell rows apart.
                let named = ["hash", "country_code", "date", "billing_label"];
                let name = named.iter().find_map(|name| item.get(name)).map(Value::to_string);
                add(sums, &format!("{path}/{}", name.expect("a row is told from others")), item);
            }
        }
        Value::Object(properties) => {
            for (name, value) in properties {
                add(sums, &format!("{path}/{name}"), value);
            }
        }
        // Averages and distinct callers do not add up.
        _ if path.ends_with("/aloc") || path.ends_with("/unique_callers") => {}
        Value::Number(number) => {
            *sums.entry(path.to_owned()).or_default() += number.as_i64().expect("an integer")
        }
        Value::String(text) if path.ends_with("it") => {
            let units: i64 = text.replace('.', "").parse().expect("an amount");
            *sums.entry(path.to_owned()).or_default() += units;
        }
        _ => {}
    }
}

fn added(answers: &[Value]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for answer in answers {
        add(&mut sums, "", answer);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

async fn family(house: &House) -> Vec<(&'static str, String)> {
    let mut family = Vec::new();
    for (name, parent) in [
        ("acme", None),
        ("paris", Some("acme")),
        ("lyon", Some("acme")),
        ("paris-1", Some("paris")),
        ("globex", None),
    ] {
        family.push((name, house.account(name, parent).await));
    }
    for (seed, (name, _)) in (0..).zip(&family) {
        house.store(&calls_of(name, seed)).await;
    }
    family
}

#[tokio::test]
async fn ten_1_sums_over_accounts_are_the_sums_of_each() {
    let house = House::new().await;
    let family = family(&house).await;
    let by_name: BTreeMap<&str, &str> = family.iter().map(|(name, auth)| (*name, auth.as_str())).collect();
    for (method, params) in methods() {
        let ask = async |who: &str, options: Value| {
            let params = [params.clone(), vec![options]].concat();
            house.result(by_name[who], method, json!(params)).await
        };
        let sum_of = async |names: &[&str]| {
            let mut answers = Vec::new();
            for name in names {
                answers.push(ask(name, json!(null)).await);
            }
            added(&answers)
        };
        for (who, options, expected) in [
            ("acme", json!({"sub_accounts": true}), vec!["acme", "paris", "lyon", "paris-1"]),
            ("acme", json!({"sub_accounts": false}), vec!["acme"]),
            ("acme", json!({"accounts": [hash("paris-1"), hash("lyon")]}), vec!["paris-1", "lyon"]),
            ("acme", json!({"accounts": [hash("acme"), hash("acme")]}), vec!["acme"]),
            ("acme", json!({"accounts": []}), vec![]),
            ("paris", json!({"sub_accounts": true}), vec!["paris", "paris-1"]),
            ("globex", json!({"sub_accounts": true}), vec!["globex"]),
        ] {
            let found = added(&[ask(who, options.clone()).await]);
            assert_eq!(found, sum_of(&expected).await, "{method} {who} {options}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{method} {who} {options}");
        }
    }
}

#[tokio::test]
async fn ten_1_accounts_above_beside_and_unknown_are_refused_alike() {
    let house = House::new().await;
    let family = family(&house).await;
    let paris = &family[1].1;
    for (method, params) in methods() {
        for name in ["acme", "lyon", "globex", "nobody"] {
            let options = json!({"accounts": [hash("paris"), hash(name)]});
            let params = [params.clone(), vec![options]].concat();
            let failure = house.failure(paris, method, json!(params)).await;
            assert_eq!(
                failure,
                (151, "PROPERTY_VALUE_ERROR [options.accounts]".to_owned()),
                "{method} {name}"
            );
        }
        for (options, message) in [
            (json!({"accounts": "x"}), "PROPERTY_TYPE_ERROR [options.accounts]"),
            (json!({"accounts": ["x"]}), "PROPERTY_VALUE_ERROR [options.accounts]"),
            (json!({"sub_accounts": "yes"}), "PROPERTY_TYPE_ERROR [options.sub_accounts]"),
            (json!({"sub_accounts": true, "accounts": []}), "PROPERTY_VALUE_ERROR [options.accounts]"),
            (json!({"colour": 1}), "PROPERTY_UNKNOWN [options.colour]"),
        ] {
            let params = [params.clone(), vec![options]].concat();
            assert_eq!(house.failure(paris, method, json!(params)).await.1, message, "{method}");
        }
    }
}

#[tokio::test]
async fn callers_of_several_accounts_are_told_apart_across_them() {
    let house = House::new().await;
    let family = family(&house).await;
    let callers = async |authorization: &str, options: Value| {
        let answer = house.result(authorization, "analytics/calls.summary", json!([FROM, TO, options])).await;
        answer["IN"]["unique_callers"].as_i64().expect("a count")
    };
    let together = callers(&family[0].1, json!({"sub_accounts": true})).await;
    let mut each = 0;
    for (_, authorization) in &family[..4] {
        each += callers(authorization, json!(null)).await;
    }
    // The callers are seven numbers, shared by all accounts.
    assert_eq!((together, each > together), (7, true), "{each}");
}

#[tokio::test]
async fn an_administrator_chooses_among_all_accounts() {
    let house = House::new().await;
    let family = family(&house).await;
    let operator = house.admin().await;
    let count = async |authorization: &str, options: Value| {
        let answer = house.result(authorization, "analytics/calls.summary", json!([FROM, TO, options])).await;
        answer["IN"]["count"].as_i64().expect("a count") + answer["OUT"]["count"].as_i64().expect("a count")
    };
    assert_eq!(count(&operator, json!(null)).await, 45);
    assert_eq!(count(&operator, json!({"sub_accounts": true})).await, 45);
    assert_eq!(count(&operator, json!({"accounts": [hash("globex"), hash("lyon")]})).await, 18);
    let as_acme = json!({
        "jsonrpc": "2.0", "id": 1, "method": "analytics/calls.summary", "params": [FROM, TO, {"sub_accounts": true}],
    });
    let headers = [("authorization", operator.as_str()), ("callr-login-as", "account.id acme")];
    let answer = house.post_rpc(&headers, as_acme.to_string()).await.json();
    let both = answer["result"]["IN"]["count"].as_i64().zip(answer["result"]["OUT"]["count"].as_i64());
    assert_eq!(
        both.map(|(inbound, outbound)| inbound + outbound),
        Some(36),
        "logged in as acme it sees what acme sees"
    );
    drop(family);
}
