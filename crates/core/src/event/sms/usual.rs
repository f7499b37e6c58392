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
