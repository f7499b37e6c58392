//! The data of an event about a text message in its usual form (`event/envelope/usual.rs`).

use super::{BillingMode, Direction, Encoding, Nature, SmsData, StatedStatus};
use crate::event::envelope::Cursor;
use crate::event::envelope::usual::members::{Seen, instant, members, money, number, text};

/// Reads the data the cursor stands at; `None` when it has another form than the usual one.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<SmsData> {
    let mut data = SmsData::default();
    let mut seen = Seen::default();
    cursor.object(|cursor, name| member(&mut data, &mut seen, cursor, name))?;
    Some(data)
}

fn member(data: &mut SmsData, seen: &mut Seen, cursor: &mut Cursor<'_>, name: &str) -> Option<()> {
    members! { data, seen, cursor, name;
        0 b"created_at" created_at instant;
        1 b"queued_at" queued_at instant;
        2 b"sent_at" sent_at instant;
        3 b"finished_at" finished_at instant;
        4 b"rated_at" rated_at instant;
        5 b"direction" direction |cursor| Direction::parse(cursor.string()?);
        6 b"from" from text;
        7 b"to" to text;
        8 b"nature" nature |cursor| Nature::parse(cursor.string()?);
        9 b"user_data" user_data text;
        10 b"trunk" trunk text;
        11 b"webhook_endpoint" webhook_endpoint text;
        12 b"text" text text;
        13 b"message_class" message_class number;
        14 b"forced_encoding" forced_encoding |cursor| Encoding::parse(cursor.string()?);
        15 b"encoding" encoding |cursor| Encoding::parse(cursor.string()?);
        16 b"parts" parts number;
        17 b"status" status |cursor| StatedStatus::parse(cursor.string()?);
        18 b"error_code" error_code text;
        19 b"status_error" status_error text;
        20 b"currency" currency text;
        21 b"debit" debit money;
        22 b"credit" credit money;
        23 b"billing_mode" billing_mode |cursor| BillingMode::parse(cursor.string()?);
        24 b"cost_label" cost_label text;
        25 b"reason" reason text;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A member for every field, each with a value of its own kind.
    const MEMBERS: [&str; 26] = [
        r#""created_at":"2026-11-20T20:00:55Z""#,
        r#""queued_at":"2026-11-20T20:00:56.5Z""#,
        r#""sent_at":"2026-11-20T21:00:57.000001+01:00""#,
        r#""finished_at":"2026-11-20T20:01:55Z""#,
        r#""rated_at":"2026-11-20T20:02:55Z""#,
        r#""direction":"outbound""#,
        r#""from":"ACME Bank""#,
        r#""to":"+33600000596""#,
        r#""nature":"ALERTING""#,
        r#""user_data":"x1""#,
        r#""trunk":"nyc-carrier-1""#,
        r#""webhook_endpoint":"https://example.org/sms""#,
        r#""text":"Zoë 😀""#,
        r#""message_class":0"#,
        r#""forced_encoding":"GSM""#,
        r#""encoding":"UNICODE""#,
        r#""parts":2"#,
        r#""status":"REMOTE_QUEUED""#,
        r#""error_code":"001""#,
        r#""status_error":"unknown subscriber""#,
        r#""currency":"EUR""#,
        r#""debit":"-0.008925""#,
        r#""credit":"1.50""#,
        r#""billing_mode":"PREPAID""#,
        r#""cost_label":"France, mobile""#,
        r#""reason":"asked for""#,
    ];

    fn usual(text: &str) -> Option<SmsData> {
        let mut cursor = Cursor::new(text);
        read(&mut cursor).filter(|_| cursor.is_at_end())
    }

    #[test]
    fn every_field_is_usual_and_read_as_serde_reads_it() {
        let text = format!("{{{}}}", MEMBERS.join(","));
        let data: SmsData = serde_json::from_str(&text).expect("data");
        assert_eq!(usual(&text).as_ref(), Some(&data));
        let written = serde_json::to_value(&data).expect("serialises");
        assert_eq!(
            written.as_object().map(serde_json::Map::len),
            Some(MEMBERS.len()),
            "a field is not in this test"
        );
        for member in MEMBERS {
            let alone = format!("{{{member}}}");
            assert_eq!(usual(&alone), serde_json::from_str(&alone).ok(), "{alone}");
            assert_eq!(usual(&format!("{{{member},{member}}}")), None, "there twice: {member}");
            let name = member.split(':').next().expect("a name");
            assert_eq!(usual(&format!("{{{name}:null}}")), Some(SmsData::default()), "{name}");
            assert_eq!(usual(&format!("{{{name}:{{}}}}")), None, "{name}");
        }
    }
}
