//! The connectors on captured bytes, against totals somebody else counted.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use super::*;
use crate::event::call::{DialStatus, Direction};
use crate::phone::PhoneBook;
use crate::record::{CallRecord, Status, derive, fold};

type Records = BTreeMap<(AccountId, Box<str>), CallRecord>;

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/kamailio");
    let file = std::fs::File::open(folder.join(name)).expect("fixture");
    let mut bytes = Vec::new();
    if name.ends_with(".gz") {
        GzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
    } else {
        std::io::BufReader::new(file).read_to_end(&mut bytes).expect("read");
    }
    bytes
}

/// Joins the events of a captured file into what is known already; every line must give events.
fn take_in(records: &mut Records, connector: &str, file: &str) {
    let bytes = fixture(file);
    let mut accounts = LineAccounts::new(connector, None);
    let connector = by_name(connector).expect("known");
    let mut phones = PhoneBook::with_capacity(10_000);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let account = accounts.of_next(line);
        for element in connector.decode(line, account.as_ref()) {
            let event = element.outcome.expect("every captured line is good");
            let partial: CallRecord = fold(&event, &mut phones).expect("about a call");
            let key = (partial.account.clone(), partial.call_id.clone());
            match records.get_mut(&key) {
                Some(record) => record.join(partial),
                None => {
                    records.insert(key, partial);
                }
            }
        }
    }
}

fn of_files(files: &[(&str, &str)]) -> Records {
    let mut records = Records::new();
    for (connector, file) in files {
        take_in(&mut records, connector, file);
    }
    records
}

const ACC: (&str, &str) = ("kamailio-acc", "acc.jsonl.gz");
const CDR: (&str, &str) = ("kamailio-cdr", "cdr.log.gz");

#[derive(Debug, Default, PartialEq)]
struct Totals {
    ended: u64,
    answered_and_ended: u64,
    talk_ms: i64,
    by_sip_status: BTreeMap<String, u64>,
}

fn totals(records: &Records) -> BTreeMap<String, Totals> {
    let mut totals: BTreeMap<String, Totals> = BTreeMap::new();
    for ((account, _), record) in records {
        let derived = derive(record);
        let of_account = totals.entry(account.to_string()).or_default();
        of_account.ended += u64::from(record.end.is_some());
        of_account.answered_and_ended += u64::from(derived.status == Status::Completed);
        of_account.talk_ms += derived.talk_ms.unwrap_or(0);
        let sip_status = record.release.as_ref().and_then(|release| release.content.sip_status);
        if let Some(sip_status) = sip_status {
            *of_account.by_sip_status.entry(sip_status.to_string()).or_default() += 1;
        }
    }
    totals
}

fn control_totals() -> BTreeMap<String, Totals> {
    let counted: serde_json::Value = serde_json::from_slice(&fixture("control-totals.json")).expect("JSON");
    let by_status = &counted["final_sip_code_by_account"];
    let accounts = counted["by_account"].as_object().expect("object");
    accounts
        .iter()
        .map(|(account, counts)| {
            // Talk seconds have three decimals at most, printed as a JSON number.
            let talk_ms = (counts["talk_seconds"].as_f64().expect("number") * 1_000.0).round();
            let totals = Totals {
                ended: counts["cdrs"].as_u64().expect("count"),
                answered_and_ended: counts["answered"].as_u64().expect("count"),
                talk_ms: format!("{talk_ms}").parse().expect("whole"),
                by_sip_status: serde_json::from_value(by_status[account].clone()).expect("counts"),
            };
            (account.clone(), totals)
        })
        .collect()
}

#[test]
fn kamailio_acc_and_cdr_together_give_the_control_totals() {
    assert_eq!(totals(&of_files(&[ACC, CDR])), control_totals());
}

#[test]
fn kamailio_acc_alone_knows_every_call_its_status_and_the_open_one() {
    let records = of_files(&[ACC]);
    assert_eq!(records.len(), 2_451);
    let (found, expected) = (totals(&records), control_totals());
    for (account, expected) in &expected {
        let found = &found[account];
        assert_eq!(found.by_sip_status, expected.by_sip_status, "{account}");
        assert_eq!((found.ended, found.answered_and_ended), (expected.ended, expected.answered_and_ended));
        // Whole seconds on either side of each talk.
        let answered = i64::try_from(expected.answered_and_ended).expect("few");
        assert!((found.talk_ms - expected.talk_ms).abs() < answered * 1_000, "{account}");
    }
    let open: Vec<&CallRecord> = records.values().filter(|record| record.end.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!((&*open[0].call_id, derive(open[0]).status), ("2267-16930@127.0.0.1", Status::InProgress));
}

#[test]
fn kamailio_cdr_alone_knows_every_finished_call_to_the_millisecond() {
    let records = of_files(&[CDR]);
    assert_eq!(records.len(), 2_450);
    let (found, expected) = (totals(&records), control_totals());
    for (account, expected) in &expected {
        let found = &found[account];
        assert_eq!((found.ended, found.answered_and_ended), (expected.ended, expected.answered_and_ended));
        assert_eq!(found.talk_ms, expected.talk_ms, "{account}");
    }
    assert!(records.values().all(|record| record.start.is_some()), "every call has a start to be found by");
}

#[test]
fn rec_1_kamailio_files_in_any_order_and_twice_give_the_same_records() {
    let union = of_files(&[ACC, CDR]);
    assert_eq!(union, of_files(&[CDR, ACC]));
    assert_eq!(union, of_files(&[CDR, ACC, CDR, ACC, ACC]));
}

#[test]
fn kamailio_union_has_the_instants_of_one_and_the_rest_of_the_other() {
    let records = of_files(&[CDR, ACC]);
    let account = AccountId::new("acme").expect("valid");
    let call = |call_id: &str| &records[&(account.clone(), call_id.into())];

    let answered = call("7-16930@127.0.0.1");
    let derived = derive(answered);
    assert_eq!((derived.talk_ms, derived.status), (Some(1_131), Status::Completed));
    assert_eq!(derived.dial_status, Some(DialStatus::Answer));
    assert_eq!(answered.release.as_ref().and_then(|release| release.content.release_cause), Some(16));
    let parties = &answered.parties.as_ref().expect("present").content;
    assert_eq!(parties.direction, Some(Direction::Outbound));
    assert_eq!(parties.from_number.as_deref(), Some("+33600000595"));
    assert_eq!(parties.user_agent.as_deref(), Some("sipp-softphone/3.6"));

    let unanswered = records.values().find(|record| {
        record.release.as_ref().is_some_and(|release| release.content.sip_status == Some(408))
    });
    let unanswered = unanswered.expect("the capture has time-outs");
    let (start, derived) = (unanswered.start.as_ref().expect("present"), derive(unanswered));
    assert_ne!(start.content.started_at.micros() % 1_000_000, 0, "the start is the call record's");
    assert!((119..=120).contains(&derived.duration_seconds.expect("ended")), "the end is the transaction's");
    let release = &unanswered.release.as_ref().expect("present").content;
    assert_eq!(
        (release.release_cause, release.release_reason.as_deref()),
        (Some(102), Some("Request Timeout"))
    );
}

#[test]
fn ing_3_the_same_line_gives_the_same_ids_and_different_lines_different_ones() {
    let bytes = fixture("acc.jsonl.gz");
    let connector = by_name("kamailio-acc").expect("known");
    let account = AccountId::new("acme").expect("valid");
    let mut ids_by_line: BTreeMap<&[u8], Vec<Box<str>>> = BTreeMap::new();
    let mut repeated = 0;
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let events = connector.decode(line, Some(&account));
        let ids: Vec<Box<str>> =
            events.into_iter().map(|element| element.outcome.expect("good").id).collect();
        if let Some(first) = ids_by_line.insert(line, ids.clone()) {
            assert_eq!(first, ids);
            repeated += 1;
        }
    }
    assert_eq!(repeated, 955);
    let ids: Vec<&Box<str>> = ids_by_line.values().flatten().collect();
    let distinct: std::collections::BTreeSet<&Box<str>> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len());
}

fn refused(connector: &str, line: &str) -> (RejectionReason, String) {
    let mut elements = by_name(connector).expect("known").decode(line.as_bytes(), None);
    assert_eq!(elements.len(), 1, "{line}");
    let rejection = elements.remove(0).outcome.expect_err(line);
    (rejection.reason, rejection.detail)
}

#[test]
fn ing_3_lines_that_state_nothing_are_refused_with_the_reason() {
    use RejectionReason::{Empty, InvalidValue, Malformed, MissingField};
    let acc = |method: &str, code: &str, callid: &str, account: &str| {
        format!(
            r#"{{"time":1,"method":"{method}","callid":"{callid}","sip_code":"{code}","account":"{account}"}}"#
        )
    };
    let cases = [
        ("kamailio-acc", String::new(), Empty, "the line is blank"),
        ("kamailio-acc", acc("BYE", "200", "c", ""), MissingField, "account"),
        ("kamailio-acc", acc("INVITE", "200", "", "a"), MissingField, "callid"),
        (
            "kamailio-acc",
            acc("INVITE", "180", "c", "a"),
            InvalidValue,
            "sip_code: \"180\" is no final SIP status",
        ),
        (
            "kamailio-acc",
            "{\"time\":1".to_owned(),
            Malformed,
            "EOF while parsing an object at line 1 column 9",
        ),
        ("kamailio-cdr", "start_time".to_owned(), Malformed, "\"start_time\" is not key=value"),
        (
            "kamailio-cdr",
            "sip_call_id=c; account=a; start_time=x".to_owned(),
            InvalidValue,
            "start_time: \"x\" is no number of seconds",
        ),
        ("kamailio-cdr", "sip_call_id=c; account=a; start_time=1".to_owned(), MissingField, "end_time"),
        ("kamailio-cdr", "sip_call_id=c; start_time=1".to_owned(), MissingField, "account"),
    ];
    for (connector, line, reason, detail) in cases {
        assert_eq!(refused(connector, &line), (reason, detail.to_owned()), "{line}");
    }
}

#[test]
fn other_sip_methods_are_kept_and_state_no_record() {
    let line = br#"{"time":1795207256,"method":"CANCEL","callid":"c","sip_code":"200","account":"acme"}"#;
    let event = by_name("kamailio-acc").expect("known").decode(line, None).remove(0).outcome.expect("kept");
    assert_eq!(event.kind.type_name(), "kamailio.cancel");
    assert_eq!(event.data_json.as_bytes(), line);
    assert_eq!(fold::<CallRecord>(&event, &mut PhoneBook::with_capacity(1)), None);
}

#[test]
fn every_name_has_its_connector() {
    for name in NAMES {
        assert_eq!(by_name(name).map(Connector::name), Some(name));
    }
    assert!(by_name("kamailio").is_none());
}

#[test]
fn cloudevents_lines_without_an_account_get_the_default_one() {
    let line = br#"{"specversion":"1.0","id":"1","source":"s","type":"call.started","subject":"c","time":"2026-11-20T20:00:56Z"}"#;
    let account = AccountId::new("acme").expect("valid");
    let connector = by_name("cloudevents").expect("known");
    let default_account = LineAccounts::new("cloudevents", Some(account.clone())).of_next(line);
    let event = connector.decode(line, default_account.as_ref()).remove(0).outcome.expect("decodes");
    assert_eq!(event.account, account);
}

#[test]
fn a_line_without_account_is_of_the_account_its_call_named_before_the_default_one() {
    let line = |method: &str, callid: &str, account: &str| {
        format!(
            r#"{{"time":1,"method":"{method}","callid":"{callid}","sip_code":"200","account":"{account}"}}"#
        )
    };
    let default_account = AccountId::new("globex").expect("valid");
    let mut accounts = LineAccounts::new("kamailio-acc", Some(default_account));
    let mut of_next = |line: String| accounts.of_next(line.as_bytes()).map(|account| account.to_string());
    assert_eq!(of_next(line("BYE", "c1", "")).as_deref(), Some("globex"));
    assert_eq!(of_next(line("INVITE", "c1", "acme")).as_deref(), Some("globex"));
    assert_eq!(of_next(line("BYE", "c1", "")).as_deref(), Some("acme"));
    assert_eq!(of_next(line("BYE", "c2", "")).as_deref(), Some("globex"));
    assert_eq!(of_next("no JSON".to_owned()).as_deref(), Some("globex"));
}
