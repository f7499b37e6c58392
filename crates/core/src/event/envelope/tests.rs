//! How messages of every mode become events, and what is said of those that do not.

use proptest::prelude::*;

use super::*;
use crate::Money;
use crate::event::CallEventType;
use crate::event::call::DialStatus;

type Header = (Box<str>, Box<[u8]>);

const ANSWERED: &str = r#"{"specversion":"1.0","id":"e1","source":"switch-1","type":"call.answered",
    "subject":"c1","time":"2026-11-20T20:00:56.246Z","account":"acme",
    "data":{ "answered_at": "2026-11-20T20:00:55Z", "x-extra": [1, 2.50] }}"#;

fn decode_text(payload: &str) -> Vec<Element<'_>> {
    decode(Incoming { headers: &[], payload: payload.as_bytes() })
}

fn only(payload: &str) -> Result<Event, Rejection> {
    let mut elements = decode_text(payload);
    assert_eq!(elements.len(), 1, "{payload}");
    elements.remove(0).outcome
}

fn with(change: (&str, &str)) -> String {
    assert!(ANSWERED.contains(change.0), "{}", change.0);
    ANSWERED.replacen(change.0, change.1, 1)
}

fn refused(payload: &str) -> (RejectionReason, String) {
    let rejection = only(payload).expect_err(payload);
    (rejection.reason, rejection.detail)
}

fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
    pairs.iter().map(|(name, value)| ((*name).into(), value.as_bytes().into())).collect()
}

#[test]
fn a_structured_event_is_read_whole() {
    let event = only(ANSWERED).expect("decodes");
    assert_eq!((&*event.id, &*event.source, &*event.subject), ("e1", "switch-1", "c1"));
    assert_eq!(event.account.as_str(), "acme");
    assert_eq!(event.time.to_rfc3339(), "2026-11-20T20:00:56.246000Z");
    assert_eq!(event.record_key(), (&event.account, "c1"));
    let Kind::Call(CallEventType::Answered, data) = &event.kind else { panic!("{:?}", event.kind) };
    assert_eq!(data.answered_at, Timestamp::parse_rfc3339("2026-11-20T20:00:55Z"));
    // Unknown fields stay in the archive, as they were spelled.
    assert_eq!(&*event.data_json, r#"{"answered_at":"2026-11-20T20:00:55Z","x-extra":[1,2.50]}"#);
}

#[test]
fn ing_3_a_bad_element_harms_no_neighbour() {
    let cases: [(&str, &[bool]); 7] = [
        ("[@, {\"id\": 1}, @]", &[true, false, true]),
        ("[@, {\"id\": }, @]", &[true, false, true]),
        ("[@, 7, \"a,b]\", [1,2], @]", &[true, false, false, false, true]),
        ("[@, , @]", &[true, false, true]),
        ("[@, @, {\"id\": \"unended, @]", &[true, true, false]),
        ("[@,]", &[true, false]),
        ("[@] x", &[false]),
    ];
    for (pattern, expected) in cases {
        let batch = pattern.replace('@', ANSWERED);
        let good: Vec<bool> = decode_text(&batch).iter().map(|element| element.outcome.is_ok()).collect();
        assert_eq!(good, expected, "{pattern}");
    }
}

#[test]
fn ing_3_an_element_keeps_its_own_bytes() {
    let batch = format!(" [ {ANSWERED} , {{\"id\":\"],\\\"\"}} ] ");
    let elements = decode_text(&batch);
    let bytes: Vec<&[u8]> = elements.iter().map(|element| element.bytes).collect();
    assert_eq!(bytes, [ANSWERED.as_bytes(), br#"{"id":"],\""}"#]);
}

#[test]
fn ing_3_nothing_is_skipped_silently() {
    for nothing in ["", "  \n", "[]", "[ ]"] {
        let (reason, _) = refused(nothing);
        assert_eq!(reason, RejectionReason::Empty, "{nothing:?}");
    }
}

#[test]
fn rejections_name_the_field() {
    use RejectionReason::{InvalidValue, Malformed, MissingField, WrongType};
    let data = r#"{ "answered_at": "2026-11-20T20:00:55Z", "x-extra": [1, 2.50] }"#;
    let cases = [
        (("\"account\":\"acme\",", ""), MissingField, "account"),
        (("\"subject\":\"c1\",", ""), MissingField, "subject"),
        (("\"specversion\":\"1.0\",", ""), MissingField, "specversion"),
        (("\"1.0\"", "\"0.3\""), InvalidValue, "specversion: \"0.3\" is not 1.0"),
        (("\"e1\"", "7"), WrongType, "id: invalid type: integer `7`, expected a string"),
        (("\"e1\"", "\"\""), InvalidValue, "id: empty"),
        (
            ("\"acme\"", "\"a b\""),
            InvalidValue,
            "account: an account name is 1 to 64 of A-Z a-z 0-9 . _ - and starts with a letter or digit",
        ),
        (
            ("2026-11-20T20:00:56.246Z", "yesterday"),
            InvalidValue,
            "time: \"yesterday\" is no RFC 3339 instant",
        ),
        ((data, "7"), WrongType, "data: not a JSON object"),
        (
            (data, r#"{"from":"+331","billed_seconds":"60"}"#),
            WrongType,
            "data.billed_seconds: invalid type: string \"60\", expected i64",
        ),
        ((data, r#"{"billed_seconds":-1}"#), InvalidValue, "data.billed_seconds: -1 is less than 0"),
        ((data, r#"{"release_cause":0}"#), InvalidValue, "data.release_cause: 0 is less than 1"),
        ((data, r#"{"release_cause":128}"#), InvalidValue, "data.release_cause: 128 is more than 127"),
        ((data, r#"{"sip_status":99}"#), InvalidValue, "data.sip_status: 99 is less than 100"),
        ((data, r#"{"currency":"eur"}"#), InvalidValue, "data.currency: \"eur\" is not three letters A-Z"),
        (
            (data, r#"{"debit":"0.0000001"}"#),
            InvalidValue,
            "data.debit: more than six decimals of the currency unit",
        ),
        (
            (data, r#"{"debit":0.01}"#),
            WrongType,
            "data.debit: invalid type: floating point `0.01`, expected a string",
        ),
        (
            ("\"call.answered\"", "\"call.rated\""),
            MissingField,
            "data.debit, data.credit or data.billed_seconds",
        ),
        (("\"acme\",", "\"acme\""), Malformed, "expected `,` or `}` at line 3 column 5"),
    ];
    for (change, reason, detail) in cases {
        assert_eq!(refused(&with(change)), (reason, detail.to_owned()), "{change:?}");
    }
    let long = with(("\"c1\"", &format!("\"{}\"", "x".repeat(257))));
    assert_eq!(refused(&long).1, "subject: 257 bytes, at most 256 are allowed");
    let long = with((data, &format!(r#"{{"customer_field":"{}"}}"#, "é".repeat(65))));
    assert_eq!(refused(&long).1, "data.customer_field: more than 64 characters");
    let fine = with((data, &format!(r#"{{"customer_field":"{}"}}"#, "é".repeat(64))));
    assert!(only(&fine).is_ok());
}

#[test]
fn bytes_that_are_no_text_are_refused_as_such() {
    let mut payload = format!("[{ANSWERED},").into_bytes();
    payload.extend_from_slice(b"{\"id\":\"\xff\"},");
    payload.extend_from_slice(format!("{ANSWERED}]").as_bytes());
    let elements = decode(Incoming { headers: &[], payload: &payload });
    assert!(elements[0].outcome.is_ok() && elements[2].outcome.is_ok());
    let fault = elements[1].outcome.as_ref().expect_err("not UTF-8");
    assert_eq!(fault.reason, RejectionReason::InvalidUtf8);
}

#[test]
fn unknown_types_are_kept_and_need_no_subject() {
    let event = only(&with(("\"call.answered\"", "\"fax.sent\""))).expect("never rejected for its type");
    assert_eq!(event.kind, Kind::Unknown("fax.sent".into()));
    let text = with(("\"call.answered\"", "\"fax.sent\"")).replace("\"subject\":\"c1\",", "");
    let event = only(&text).expect("no subject");
    assert_eq!(&*event.subject, "");
    assert_eq!(only(&event.to_json()), Ok(event));
}

#[test]
fn binary_mode_has_its_attributes_in_headers() {
    let kafka = headers(&[
        ("ce_specversion", "1.0"),
        ("ce_id", "e1"),
        ("CE_source", "switch-1"),
        ("ce_type", "call.rated"),
        ("ce_time", "2026-11-20T20:00:56Z"),
        ("ce_subject", "100%41"),
        ("ce_account", "acme"),
        ("content-type", "application/json"),
    ]);
    let payload = br#" {"debit": "0.008925", "dial_status": "ANSWER"} "#;
    let mut elements = decode(Incoming { headers: &kafka, payload });
    let event = elements.remove(0).outcome.expect("decodes");
    assert_eq!(
        (&*event.subject, &*event.data_json),
        ("100%41", r#"{"debit":"0.008925","dial_status":"ANSWER"}"#)
    );
    let Kind::Call(CallEventType::Rated, data) = &event.kind else { panic!("{:?}", event.kind) };
    assert_eq!((data.debit, data.dial_status), (Money::from_micros(8_925), Some(DialStatus::Answer)));

    let http: Vec<Header> =
        kafka.iter().map(|(name, value)| (name.replace('_', "-").into(), value.clone())).collect();
    let event = decode(Incoming { headers: &http, payload }).remove(0).outcome.expect("decodes");
    assert_eq!(&*event.subject, "100A", "HTTP header values are percent-encoded");
}

#[test]
fn binary_mode_faults_name_the_field_too() {
    let cut = headers(&[("ce_specversion", "1.0"), ("ce_id", "e1")]);
    let outcome = decode(Incoming { headers: &cut, payload: b"{}" }).remove(0).outcome;
    assert_eq!(outcome.expect_err("no source").detail, "source");
    let outcome = decode(Incoming { headers: &cut, payload: b"{" }).remove(0).outcome;
    assert_eq!(outcome.expect_err("no JSON").reason, RejectionReason::Malformed);
}

#[test]
fn the_credentials_account_serves_events_that_name_none() {
    let account = AccountId::new("globex").expect("valid");
    let text = with(("\"account\":\"acme\",", ""));
    let incoming = Incoming { headers: &[], payload: text.as_bytes() };
    let event = decode_for(incoming, Some(&account)).remove(0).outcome.expect("decodes");
    assert_eq!(event.account, account);
}

proptest! {
    #[test]
    fn ing_3_any_bytes_give_at_least_one_element(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let elements = decode(Incoming { headers: &[], payload: &payload });
        prop_assert!(!elements.is_empty());
    }

    #[test]
    fn ing_3_any_cut_or_flipped_message_gives_at_least_one_element(
        at in 0..2 * ANSWERED.len(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut payload = format!("[{ANSWERED},{ANSWERED}]").into_bytes();
        if cut { payload.truncate(at) } else { payload[at] = byte }
        let elements = decode(Incoming { headers: &[], payload: &payload });
        prop_assert!(!elements.is_empty());
    }
}
