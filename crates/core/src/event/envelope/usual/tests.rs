//! Holds the one-pass reader against the general way: what it reads is what serde reads, and it reads what is usual.

use proptest::prelude::*;

use super::*;
use crate::event::call::CallData;
use crate::event::envelope::decode_general;
use crate::event::family::EventData;

/// A member of the data for every field that has one, each with a value of its own kind.
const DATA: &[&str] = &[
    r#""started_at":"2026-11-20T20:00:55Z""#,
    r#""ringing_at":"2026-11-20T20:00:56.5Z""#,
    r#""answered_at":"2026-11-20T21:00:57.000001+01:00""#,
    r#""ended_at":"2026-11-20T20:01:55Z""#,
    r#""rated_at":"2026-11-20T20:02:55Z""#,
    r#""direction":"inbound""#,
    r#""from":"+33600000596""#,
    r#""to":"""#,
    r#""from_name":"Zoë ☎""#,
    r#""from_presentation":"prohibited""#,
    r#""forwarded_from":"+33600000597""#,
    r#""did_hash":"UIFN2WSV""#,
    r#""did_number":"+14156559499""#,
    r#""app_hash":"90W0BZEB""#,
    r#""app_name":"Appointment reminder""#,
    r#""app_package":"REALTIME10""#,
    r#""customer_field":"x-1""#,
    r#""parent_call_id":"66405000000000001""#,
    r#""group_id":"g""#,
    r#""trunk":"nyc-carrier-1""#,
    r#""source_ip":"198.51.100.187""#,
    r#""user_agent":"a/1 (b; c)""#,
    r#""answered_by":"machine""#,
    r#""release_cause":28"#,
    r#""release_source":"gateway""#,
    r#""sip_status":484"#,
    r#""dial_status":"CHANUNAVAIL""#,
    r#""release_reason":"Invalid number format""#,
    r#""codec":"PCMA""#,
    r#""mos_milli":4120"#,
    r#""jitter_ms":0"#,
    r#""round_trip_ms":31"#,
    r#""packets_lost":123456789012345678"#,
    r#""currency":"EUR""#,
    r#""debit":"-0.008925""#,
    r#""credit":"1.50""#,
    r#""billed_seconds":60"#,
    r#""cost_label":"France, mobile""#,
    r#""reason":"late rating""#,
    r#""from_country":null"#,
    r#""x-new":{"a":[1,-2.5e3,true,{"b":false}],"":[]}"#,
];

const ENVELOPE: &[&str] = &[
    r#""specversion":"1.0""#,
    r#""id":"e1""#,
    r#""source":"/switch/nyc-1""#,
    r#""type":"call.corrected""#,
    r#""subject":"c1""#,
    r#""time":"2026-11-20T20:00:56.246Z""#,
    r#""account":"acme""#,
    r#""datacontenttype":"application/json""#,
];

/// Members that are wrong, unusual, or there twice with others.
const ODD: &[&str] = &[
    r#""from":"+33600000598""#,
    r#""from":null"#,
    r#""from":7"#,
    r#""from":"\u002b336""#,
    r#""fr\u006fm":"+33600000599""#,
    r#""from_name":"a	b""#,
    r#""release_cause":028"#,
    r#""release_cause":28.0"#,
    r#""release_cause":2e1"#,
    r#""release_cause":-0"#,
    r#""release_cause":300"#,
    r#""release_cause":"28""#,
    r#""packets_lost":9223372036854775808"#,
    r#""sip_status":null"#,
    r#""debit":0.5"#,
    r#""debit":"0.0000001""#,
    r#""direction":"sideways""#,
    r#""direction":{"inbound":null}"#,
    r#""answered_at":"yesterday""#,
    r#""currency":"eur""#,
    r#""x":01"#,
    r#""x":1."#,
    r#""x":"\q""#,
    r#""x":nul"#,
    r#""x":[1,]"#,
    r#""x":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"#,
    r#""id":"e2""#,
    r#""id":null"#,
    r#""type":"fax.sent""#,
    r#""type":"call.started""#,
    r#""specversion":"0.3""#,
    r#""account":"a b""#,
    r#""subject":"""#,
    r#""data":{}"#,
    r#""data":null"#,
    r#""data":[]"#,
    r#""data_base64":"e30=""#,
    "",
];

fn object(members: &[&str], space: &str) -> String {
    let separator = format!("{space},{space}");
    format!("{{{space}{}{space}}}", members.join(&separator))
}

fn event(envelope: &[&str], data: &[&str], space: &str) -> String {
    let data = format!(r#""data"{space}:{space}{}"#, object(data, space));
    object(&[envelope, &[&data]].concat(), space)
}

/// Fails when the text is read and the general way reads something else. Answers whether it was read.
fn is_read_alike(text: &str) -> Result<bool, TestCaseError> {
    let Some(read) = UsualEvent::read_text(text, None) else { return Ok(false) };
    let general = decode_general(text, None);
    prop_assert_eq!(read.into_event(), general.ok(), "{}", text);
    Ok(true)
}

#[test]
fn every_field_and_white_space_are_usual() {
    for space in ["", " ", "\r\n\t"] {
        let text = event(ENVELOPE, DATA, space);
        assert!(is_read_alike(&text).expect("alike"), "{text}");
    }
    for member in DATA {
        let text = event(ENVELOPE, &[DATA[0], member], "");
        assert_eq!(is_read_alike(&text).expect("alike"), *member != DATA[0], "{text}");
    }
    let fields = serde_json::to_value(all_stated()).expect("serialises");
    let fields: Vec<&String> = fields.as_object().expect("an object").keys().collect();
    assert_eq!(fields.len(), 39, "a field of CallData is not in this test");
}

/// The data when the text is that in its usual form and nothing else.
fn call_data(text: &str) -> Option<CallData> {
    let mut cursor = Cursor::new(text);
    CallData::read_usual(&mut cursor).filter(|_| cursor.is_at_end())
}

/// Data that states every field.
fn all_stated() -> CallData {
    let stated = DATA[..39].join(",");
    call_data(&format!("{{{stated}}}")).expect("usual")
}

#[test]
fn data_is_that_of_serde() {
    let text = object(DATA, " ");
    assert_eq!(call_data(&text), serde_json::from_str(&text).ok());
    let mut stated = all_stated();
    assert_eq!(serde_json::to_string(&stated).ok().as_deref().and_then(call_data).as_ref(), Some(&stated));
    stated.from = Some("with \"quotes\"".into());
    assert_eq!(call_data(&serde_json::to_string(&stated).expect("serialises")), None);
}

#[test]
fn what_the_general_way_refuses_is_not_read() {
    for odd in ODD {
        is_read_alike(&event(&[ENVELOPE, &[odd]].concat(), &DATA[..6], "")).expect("alike");
        is_read_alike(&event(ENVELOPE, &[&DATA[..6], &[odd]].concat(), "")).expect("alike");
    }
    let usual = event(ENVELOPE, &DATA[..6], "");
    for end in ["}", "{}", "x", ","] {
        assert!(!is_read_alike(&format!("{usual}{end}")).expect("alike"), "{end}");
    }
}

proptest! {
    #[test]
    fn whatever_is_read_is_read_alike(
        envelope in prop::collection::vec(prop::sample::select([ENVELOPE, ODD].concat()), 0..3),
        data in prop::sample::subsequence([DATA, ODD].concat(), 0..8),
        space in prop::sample::select(vec!["", " "]),
        flip in prop::option::of((any::<prop::sample::Index>(), any::<char>())),
    ) {
        let mut text = event(&[ENVELOPE, &envelope].concat(), &data, space);
        if let Some((at, with)) = flip {
            let mut characters: Vec<char> = text.chars().collect();
            let at = at.index(characters.len());
            characters[at] = with;
            text = characters.into_iter().collect();
        }
        is_read_alike(&text)?;
        let object = object(&data, space);
        if let Some(read) = call_data(&object) {
            prop_assert_eq!(Some(read), serde_json::from_str(&object).ok(), "{}", object);
        }
    }
}
