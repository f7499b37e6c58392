//! Data folders of shipped versions: today's program reads them, answers as their version did, and writes on.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Place, assert_sms_equal, assert_verified, totals};

/// Every version that wrote data folders; `tests/fixtures/data-folder/make` made their fixtures.
///
/// - `v1`: no text messages yet;
/// - `v2`: settled text messages without sums and lookup index, with bloom filters.
const VERSIONS: [&str; 2] = ["v1", "v2"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/data-folder").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("the fixture is there")
}

/// The data folder of a version, unpacked in a place of its own.
fn unpacked(version: &str) -> Place {
    let place = Place::new();
    std::fs::create_dir(place.data()).expect("a folder");
    let archive = fixture(&format!("{version}.tar.gz"));
    let status = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(place.data()).status();
    assert!(status.expect("tar starts").success());
    place
}

/// By id and by number, in files with a lookup index and in older ones without.
fn assert_records_are_found(place: &Place) {
    assert_found(place, "calls", &["call_id", "callid", "from_number", "to_number"]);
    if place.count("SELECT count(*) FROM sms") > 0 {
        assert_found(place, "sms", &["hash", "sms_id", "from_number", "to_number"]);
        assert_messages_are_summed(place);
    }
}

fn assert_found(place: &Place, table: &str, columns: &[&str]) {
    for column in columns {
        for extreme in ["min", "max"] {
            let value = format!("SELECT {extreme}({column}) AS value FROM {table}");
            let value = place.sql(&value)[0]["value"].clone();
            let literal = value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"));
            let by =
                |filter: &str| place.count(&format!("SELECT count(*) FROM {table} WHERE {filter} {literal}"));
            let found = by(&format!("{column} ="));
            assert!(found > 0, "{column} = {literal}");
            assert_eq!(found, by(&format!("{column} >= {literal} AND {column} <=")), "{column} = {literal}");
        }
    }
}

/// By sums of files, where they have some.
fn assert_messages_are_summed(place: &Place) {
    let range = "'2026-03-01T00:00:00Z', '2026-03-05T00:00:00Z'";
    let summed = "sum(messages) AS n, sum(parts) AS parts, sum(debit) AS debit";
    let summed =
        format!("SELECT status, {summed} FROM sms_sums('status', {range}) GROUP BY status ORDER BY 1");
    let counted = "count(*) AS n, sum(parts) AS parts, coalesce(sum(debit), 0) AS debit";
    let counted =
        format!("SELECT status, {counted} FROM sms WHERE direction IS NOT NULL GROUP BY status ORDER BY 1");
    assert_eq!(place.sql(&summed), place.sql(&counted));
}

#[test]
fn data_folders_of_every_version_give_the_answers_they_gave() {
    for version in VERSIONS {
        let place = unpacked(version);
        let answers = place.run(["sql", "--format", "csv", &text("answers.sql")]);
        assert_eq!(answers, text(&format!("{version}.csv")), "{version}");
        assert_records_are_found(&place);
        assert!(place.count("SELECT count(*) FROM rejections") > 0, "{version}");
        assert_verified(&place);
    }
}

#[test]
fn text_messages_of_older_files_are_found_and_summed_and_settle_with_new_ones() {
    let place = unpacked("v2");
    let answers = || place.run(["sql", "--format", "csv", &text("answers.sms.sql")]);
    assert_eq!(answers(), text("v2.sms.csv"));
    assert_records_are_found(&place);
    place.run(["compact"]);
    assert_eq!(answers(), text("v2.sms.csv"));
    assert_records_are_found(&place);
    assert_verified(&place);
}

#[test]
fn data_folders_of_every_version_can_be_written_on() {
    for version in VERSIONS {
        let place = unpacked(version);
        let before = place.count("SELECT count(*) FROM calls");
        let capture = fixture("../kamailio/cdr.log.gz");
        let capture = capture.to_str().expect("UTF-8");
        place.run(["import", "--create-accounts", "--format", "kamailio-cdr", capture]);
        place.run(["compact"]);
        assert_eq!(place.count("SELECT count(*) FROM calls"), before + 2450, "{version}");
        assert_records_are_found(&place);
        assert_verified(&place);
    }
}

#[test]
fn data_folders_from_before_text_messages_take_them_in() {
    let place = unpacked("v1");
    assert_eq!(place.count("SELECT count(*) FROM sms"), 0);
    let (file, totals_file) = (place.path("sms.jsonl"), place.path("totals.json"));
    let (file, totals_path) = (file.to_str().expect("UTF-8"), totals_file.to_str().expect("UTF-8"));
    let set = ["generate", "--calls", "0", "--sms", "200", "--seed", "4", "--accounts", "2"];
    place.run(set.into_iter().chain(["--to", file, "--totals", totals_path]));
    place.run(["import", "--format", "cloudevents", "--create-accounts", file]);
    place.run(["compact"]);
    assert_sms_equal(&place, &totals(&totals_file));
    assert_verified(&place);
}

#[test]
fn accounts_of_every_version_get_a_tree_keys_and_an_audit_log() {
    for version in VERSIONS {
        let place = unpacked(version);
        let listed = place.run(["account", "list"]);
        let names: Vec<&str> =
            listed.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        let [first, second, ..] = names.as_slice() else { panic!("{version} has few accounts: {listed}") };
        place.run(["account", "move", second, "--parent", first]);
        let key = ["api-key", "create", "--account", second, "--name", "k", "--scope", "read"];
        assert_eq!(place.run(key).trim().len(), 100, "{version}");
        assert!(place.run(["api-key", "list"]).contains("read"), "{version}");
        let audit = place.run(["account", "audit"]);
        assert!(audit.contains("account.moved") && audit.contains("api-key.created"), "{version}: {audit}");
        let (code, _) = place.fail(["account", "move", first, "--parent", second]);
        assert_eq!(code, Some(1), "{version}");
    }
}
