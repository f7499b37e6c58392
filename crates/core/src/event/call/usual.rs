//! The data of a call event in its usual form (`event/envelope/usual.rs`).

use super::{AnsweredBy, CallData, DialStatus, Direction, Presentation, ReleaseSource};
use crate::event::envelope::Cursor;
use crate::event::envelope::usual::members::{Seen, instant, members, money, number, text};

/// Reads the data the cursor stands at; `None` when it has another form than the usual one.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<CallData> {
    let mut data = CallData::default();
    let mut seen = Seen::default();
    cursor.object(|cursor, name| member(&mut data, &mut seen, cursor, name))?;
    Some(data)
}

fn member(data: &mut CallData, seen: &mut Seen, cursor: &mut Cursor<'_>, name: &str) -> Option<()> {
    members! { data, seen, cursor, name;
        0 b"started_at" started_at instant;
        1 b"ringing_at" ringing_at instant;
        2 b"answered_at" answered_at instant;
        3 b"ended_at" ended_at instant;
        4 b"rated_at" rated_at instant;
        5 b"direction" direction |cursor| Direction::parse(cursor.string()?);
        6 b"from" from text;
        7 b"to" to text;
        8 b"from_name" from_name text;
        9 b"from_presentation" from_presentation |cursor| Presentation::parse(cursor.string()?);
        10 b"forwarded_from" forwarded_from text;
        11 b"did_hash" did_hash text;
        12 b"did_number" did_number text;
        13 b"app_hash" app_hash text;
        14 b"app_name" app_name text;
        15 b"app_package" app_package text;
        16 b"customer_field" customer_field text;
        17 b"parent_call_id" parent_call_id text;
        18 b"group_id" group_id text;
        19 b"trunk" trunk text;
        20 b"source_ip" source_ip text;
        21 b"user_agent" user_agent text;
        22 b"answered_by" answered_by |cursor| AnsweredBy::parse(cursor.string()?);
        23 b"release_cause" release_cause number;
        24 b"release_source" release_source |cursor| ReleaseSource::parse(cursor.string()?);
        25 b"sip_status" sip_status number;
        26 b"dial_status" dial_status |cursor| DialStatus::parse(cursor.string()?);
        27 b"release_reason" release_reason text;
        28 b"codec" codec text;
        29 b"mos_milli" mos_milli number;
        30 b"jitter_ms" jitter_ms number;
        31 b"round_trip_ms" round_trip_ms number;
        32 b"packets_lost" packets_lost number;
        33 b"currency" currency text;
        34 b"debit" debit money;
        35 b"credit" credit money;
        36 b"billed_seconds" billed_seconds number;
        37 b"cost_label" cost_label text;
        38 b"reason" reason text;
    }
    Some(())
}
